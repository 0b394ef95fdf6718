//! Which URLs there are.

use notegate::adapters::jupyter::{NamedServers, Site};
use notegate::model::RequestError;

use super::ConfigError;
use super::shape::{NamedServersShape, SiteShape};

pub(super) fn read(shape: SiteShape) -> Result<Site, ConfigError> {
    let (place, site, kernel) = match shape {
        SiteShape::Hub { base_url, named_servers, default_kernel } => {
            let named = match named_servers {
                NamedServersShape::Never => NamedServers::Never,
                NamedServersShape::Plain => NamedServers::Plain,
                NamedServersShape::Anything => NamedServers::Anything,
            };
            let site = Site::hub(&base_url).map(|site| site.named_servers(named));
            ("site.hub", site, default_kernel)
        }
        SiteShape::Server { base_url, owner, name, default_kernel } => {
            ("site.server", Site::server(&base_url, &owner, &name), default_kernel)
        }
        SiteShape::Standalone { base_url, owner, default_kernel } => {
            ("site.standalone", Site::standalone(&base_url, &owner), default_kernel)
        }
        SiteShape::Gateway { base_url, name, default_kernel } => {
            ("site.gateway", Site::gateway(&base_url, &name), default_kernel)
        }
    };
    let bad = |error: RequestError| ConfigError::at(format!("{place}.base_url"), error.to_string());
    let site = site.map_err(bad)?;
    Ok(match kernel {
        Some(kernel) => site.default_kernel(&kernel),
        None => site,
    })
}
