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
        let [mut method, mut target, mut host, mut upgrade] = [None; 4];
        for (at, (name, _)) in fields.iter().enumerate() {
            let place = match name.as_str() {
                ":method" => &mut method,
                ":path" => &mut target,
                ":authority" => &mut host,
                "upgrade" => &mut upgrade,
                _ => continue,
            };
            if place.replace(at).is_some() {
                return Err(twice(name));
            }
        }
        let value = |place: Option<usize>| {
            let field = place.and_then(|at| fields.get(at));
            field.map(|(name, value)| plain(name, value)).transpose()
        };
        // The proxy joins the values of a host that is there twice.
        let is_other = |byte: u8| matches!(byte, b',' | b' ' | b'/' | b'\\' | b'@' | b'?' | b'#');
        if value(host)?.is_some_and(|host| host.bytes().any(is_other)) {
            return Err(Ambiguous("it is not for one host".to_owned()));
        }
        let websocket = match value(upgrade)? {
            None => false,
            Some(protocol) if protocol.eq_ignore_ascii_case("websocket") => true,
            Some(_) => return Err(Ambiguous("it is upgraded to no WebSocket".to_owned())),
        };
        let absent = |name: &str| Ambiguous(format!("there is no `{name}`"));
        value(method)?.ok_or_else(|| absent(":method"))?;
        value(target)?.ok_or_else(|| absent(":path"))?;
        let mut head = Self { fields, method: String::new(), target: String::new(), websocket };
        head.method = head.take(method).ok_or_else(|| absent(":method"))?;
        head.target = head.take(target).ok_or_else(|| absent(":path"))?;
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
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some((_, value)), None) => plain(name, value).map(Some),
            (Some(_), Some(_)) => Err(twice(name)),
        }
    }

    /// The value of the header at a place, without copying it; it is no header any more.
    fn take(&mut self, place: Option<usize>) -> Option<String> {
        let (_, value) = self.fields.get_mut(place?)?;
        String::from_utf8(std::mem::take(value)).ok()
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

fn plain<'v>(name: &str, value: &'v [u8]) -> Result<&'v str, Ambiguous> {
    let value = std::str::from_utf8(value).ok().filter(|value| !has_control(value));
    value.ok_or_else(|| Ambiguous(format!("header `{name}` is not plain text")))
}

#[cold]
fn twice(name: &str) -> Ambiguous {
    Ambiguous(format!("header `{name}` is there twice"))
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
