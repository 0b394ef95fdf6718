//! The head of a request, in which nothing can be read in two ways.

use crate::Host;

/// The head of a request.
#[derive(Debug)]
pub(crate) struct Head {
    fields: Vec<(String, Vec<u8>)>,
    method: String,
    target: String,
    websocket: bool,
}

/// What is wrong with a request, in words for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ambiguous(pub(crate) String);

impl Head {
    /// Takes the headers from the host.
    ///
    /// # Errors
    /// When there is not one method and one target, or it is not clear whether it is a WebSocket.
    pub(crate) fn read(fields: Vec<(String, Vec<u8>)>) -> Result<Self, Ambiguous> {
        let mut head =
            Self { fields, method: String::new(), target: String::new(), websocket: false };
        head.method = head.take(":method")?;
        head.target = head.take(":path")?;
        // The proxy joins the values of a host that is there twice.
        let one_host = |host: &str| !host.contains([',', ' ', '/', '\\', '@', '?', '#']);
        if !head.one(":authority")?.is_none_or(one_host) {
            return Err(Ambiguous("it is not for one host".to_owned()));
        }
        head.websocket = match head.one("upgrade")? {
            None => false,
            Some(protocol) if protocol.eq_ignore_ascii_case("websocket") => true,
            Some(_) => return Err(Ambiguous("it is upgraded to no WebSocket".to_owned())),
        };
        Ok(head)
    }

    pub(crate) fn method(&self) -> &str {
        &self.method
    }

    /// The target as it came.
    pub(crate) fn target(&self) -> &str {
        &self.target
    }

    pub(crate) fn is_websocket(&self) -> bool {
        self.websocket
    }

    /// The one value of a header.
    ///
    /// # Errors
    /// When it is there twice, or is not text.
    pub(crate) fn one(&self, name: &str) -> Result<Option<&str>, Ambiguous> {
        let mut values = self.fields.iter().filter(|(field, _)| field == name);
        let value = match (values.next(), values.next()) {
            (None, _) => return Ok(None),
            (Some((_, value)), None) => std::str::from_utf8(value).ok(),
            (Some(_), Some(_)) => {
                return Err(Ambiguous(format!("header `{name}` is there twice")));
            }
        };
        match value.filter(|value| !has_control(value)) {
            Some(value) => Ok(Some(value)),
            None => Err(Ambiguous(format!("header `{name}` is not plain text"))),
        }
    }

    /// The one value of a header that has to be there, without copying it; it is no header any more.
    fn take(&mut self, name: &str) -> Result<String, Ambiguous> {
        self.one(name)?;
        let field = self.fields.iter_mut().find(|(field, _)| field == name);
        let value = field.map(|(_, value)| String::from_utf8(std::mem::take(value)));
        match value {
            Some(Ok(value)) => Ok(value),
            _ => Err(Ambiguous(format!("there is no `{name}`"))),
        }
    }

    /// Whether a page for people is asked for.
    pub(crate) fn accepts_html(&self) -> bool {
        let accepts = self.fields.iter().filter(|(name, _)| name == "accept");
        let mut kinds = accepts.flat_map(|(_, value)| value.split(|byte| *byte == b','));
        let html = |kind: &[u8]| {
            let kind = kind.split(|byte| *byte == b';').next().unwrap_or_default();
            kind.trim_ascii().eq_ignore_ascii_case(b"text/html")
        };
        !self.websocket && kinds.any(html)
    }
}

/// Whether a control character is in it.
pub(crate) fn has_control(text: &str) -> bool {
    match text.is_ascii() {
        true => text.bytes().any(|byte| byte.is_ascii_control()),
        false => text.chars().any(char::is_control),
    }
}

/// Removes what only this filter says, and what would have another request read than the one decided on.
///
/// Whatever it is that a client sends, an upstream finds nothing of it under these names.
pub(crate) fn remove_spoofed(host: &dyn Host, fields: &[(String, Vec<u8>)]) {
    let spoofed = |name: &str| {
        name.starts_with("x-") && (name.starts_with(OURS) || OVERRIDES.contains(&name))
    };
    let mut names: Vec<&str> =
        fields.iter().map(|(name, _)| name.as_str()).filter(|name| spoofed(name)).collect();
    if names.is_empty() {
        return;
    }
    names.sort_unstable();
    names.dedup();
    names.into_iter().for_each(|name| host.remove_header(name));
}

/// What names of headers begin with that this filter sets.
const OURS: &str = "x-notegate-";

/// Names of headers that some servers take for a method or a path in place of the request's own.
const OVERRIDES: [&str; 7] = [
    "x-envoy-original-path",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
    "x-original-uri",
    "x-original-url",
    "x-rewrite-url",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn head(fields: &[(&str, &str)]) -> Result<Head, Ambiguous> {
        let basic = [(":method", "GET"), (":path", "/a")];
        let fields = basic.iter().chain(fields);
        Head::read(fields.map(|(name, value)| ((*name).to_owned(), (*value).into())).collect())
    }

    #[test]
    fn a_header_that_is_there_twice_or_is_not_text_has_no_value() {
        let twice = head(&[("x-user", "ada"), ("x-user", "ada")]).unwrap();
        assert!(twice.one("x-user").is_err());
        assert!(head(&[("x-user", "a\u{7f}")]).unwrap().one("x-user").is_err());
        assert_eq!(head(&[("x-user", "ada")]).unwrap().one("x-user"), Ok(Some("ada")));
        assert!(head(&[(":path", "/b")]).is_err());
        assert!(Head::read(vec![(":path".to_owned(), b"/a".to_vec())]).is_err());
        let bytes = [(":method", b"GET".to_vec()), (":path", b"/\xff".to_vec())];
        assert!(Head::read(bytes.map(|(name, value)| (name.to_owned(), value)).into()).is_err());
    }

    #[test]
    fn a_request_is_for_one_host() {
        assert!(head(&[(":authority", "hub.example:8443")]).is_ok());
        for other in ["hub.example,other.example", "hub.example other", "ada@hub.example", "a/b"] {
            assert!(head(&[(":authority", other)]).is_err(), "{other}");
        }
    }

    #[test]
    fn an_upgrade_is_a_websocket_or_is_refused() {
        assert!(head(&[("upgrade", "WebSocket")]).unwrap().is_websocket());
        assert!(!head(&[]).unwrap().is_websocket());
        for other in ["h2c", "websocket, h2c", ""] {
            assert!(head(&[("upgrade", other)]).is_err(), "{other}");
        }
    }

    #[test]
    fn a_page_is_for_who_asks_for_one() {
        let accepts = |value| head(&[("accept", value)]).unwrap().accepts_html();
        assert!(accepts("text/html,application/xhtml+xml;q=0.9"));
        assert!(accepts("application/json, Text/HTML ;q=0.5"));
        assert!(!accepts("*/*"));
        assert!(!accepts("application/json"));
        assert!(
            !head(&[("accept", "text/html"), ("upgrade", "websocket")]).unwrap().accepts_html()
        );
    }
}
