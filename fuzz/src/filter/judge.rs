//! What a request may, found out again without the filter.

use std::net::SocketAddr;

use notegate::adapters::jupyter::Reading;
use notegate::model::notebook::{self, Builder as _};
use notegate::model::{EntityUid, Limits};
use notegate::{Bundle, Pdp};
use notegate_proxy::memory::MemoryHost;

use super::exchange::{Asked, Who};
use super::setup::{Believed, PREFIX, Setup};

/// Decides anew.
#[derive(Debug)]
pub(super) struct Judge(Pdp);

impl Judge {
    pub(super) fn new(setup: &Setup) -> Result<Self, String> {
        let members = [("a.cedar".to_owned(), setup.policies.into())];
        let bundle =
            Bundle::from_members(members, &Limits::default()).map_err(|error| error.to_string())?;
        Pdp::new(&bundle).map(Self).map_err(|error| error.to_string())
    }

    /// # Errors
    /// When something was passed on that may not, or what goes on says what only the filter says.
    pub(super) fn holds(
        &self,
        setup: &Setup,
        asked: &Asked,
        host: &MemoryHost,
        passed: bool,
    ) -> Result<(), String> {
        if !passed {
            return Ok(());
        }
        no_words_of_the_client(setup, host)?;
        if setup.shadow {
            return Ok(());
        }
        let [target] = &host.passed_on(":path")[..] else {
            return Err("not one target".to_owned());
        };
        let (who, person) = believed(setup, &asked.who)?;
        let read = setup.site.read(
            &asked.method,
            target,
            asked.is_websocket(),
            Some(person.unwrap_or("nobody")),
        );
        let read = read.map_err(|error| format!("passed on `{target}`: {error}"))?;
        if target.split('?').next() != Some(read.canonical()) {
            return Err(format!("passed on `{target}`, and `{}` was meant", read.canonical()));
        }
        if read.is_public() {
            return Ok(());
        }
        let Some(who) = who else {
            return Err("nobody asked, and it is not for everybody".to_owned());
        };
        let body = asked.body.concat();
        let kind = asked.header("content-type").and_then(|kind| std::str::from_utf8(kind).ok());
        let mut questions = 0;
        for reading in read.readings() {
            let narrowed = reading.with_body(&body, kind.unwrap_or_default(), &Limits::default());
            for reading in
                narrowed.map_err(|error| format!("passed on with a body that {error}"))?
            {
                questions += 1;
                self.allows(asked, &who, &reading)?;
            }
        }
        match (questions, host.passed_on("x-notegate-decision-id").len()) {
            (0, _) => Err("passed on, and it asks for nothing".to_owned()),
            (_, 1) => Ok(()),
            (_, ids) => Err(format!("passed on with {ids} decision ids")),
        }
    }

    fn allows(&self, asked: &Asked, who: &EntityUid, reading: &Reading) -> Result<(), String> {
        let address = asked.address.and_then(|address| address.parse::<SocketAddr>().ok());
        let facts = match address {
            Some(address) => notebook::context().source_ip(address.ip().to_canonical()),
            None => notebook::context(),
        };
        let words = |error: &dyn std::fmt::Display| format!("passed on, and {error}");
        let mut request = reading.request(who.clone(), facts).map_err(|error| words(&error))?;
        if let Who::Person { name, groups } = &asked.who
            && !groups.is_empty()
        {
            let parents = groups.iter().map(|group| notebook::group(group).uid());
            let user = parents.fold(notebook::user(name), |user, group| user.parent(group));
            request = request.entity(user.entity().map_err(|error| words(&error))?);
        }
        let request = request.build(&self.0.shape()).map_err(|error| words(&error))?;
        match self.0.authorize(&request).allowed() {
            true => Ok(()),
            false => {
                Err(format!("passed on, and denied: {} {}", reading.action(), reading.resource()))
            }
        }
    }
}

/// Who asks, and the person's name.
fn believed<'w>(
    setup: &Setup,
    who: &'w Who,
) -> Result<(Option<EntityUid>, Option<&'w str>), String> {
    let plain = |name: &str| !name.is_empty() && !name.chars().any(char::is_control);
    match who {
        Who::Nobody => Ok((None, None)),
        Who::Unreadable => Err("passed on, and who asks cannot be read".to_owned()),
        Who::Person { name, .. } if setup.believed == Believed::Certificate => {
            let segment = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            match !name.is_empty() && name.bytes().all(segment) {
                true => Ok((Some(notebook::user(name).uid()), Some(name))),
                // It is no certificate of a person below the prefix.
                false => Ok((None, None)),
            }
        }
        Who::Person { name, .. }
            if matches!(setup.believed, Believed::Header { .. }) && name.is_empty() =>
        {
            Ok((None, None))
        }
        Who::Person { name, .. }
            if matches!(setup.believed, Believed::Header { .. }) && name.contains(',') =>
        {
            Err("passed on for two names".to_owned())
        }
        Who::Person { name, .. } if plain(name) => {
            Ok((Some(notebook::user(name).uid()), Some(name)))
        }
        Who::Service(name) if plain(name) => Ok((Some(notebook::service(name).uid()), None)),
        Who::Person { name, .. } | Who::Service(name) => {
            Err(format!("passed on for {name:?} below {PREFIX}"))
        }
    }
}

/// Nothing goes on that only the filter or a hop may say.
fn no_words_of_the_client(setup: &Setup, host: &MemoryHost) -> Result<(), String> {
    for name in ["x-notegate-", "x-http-method-override", "x-original-url", "x-envoy-original-path"]
    {
        if !host.passed_on(name).is_empty() {
            return Err(format!("passed on with `{name}`"));
        }
    }
    if host.passed_on("x-notegate-decision-id").iter().any(|id| id == "mine")
        || host.passed_on("x-notegate-obligation-max-bytes").iter().any(|value| value == "9")
    {
        return Err("passed on with words of the client's".to_owned());
    }
    match setup.believed == (Believed::Header { hop: true }) && !host.passed_on("x-user").is_empty()
    {
        true => Err("passed on with a name that the hop did not say".to_owned()),
        false => Ok(()),
    }
}
