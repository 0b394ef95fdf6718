//! What is answered to a request that is not passed on.

use serde_json::json;

use crate::Host;

/// Why a request is not passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stop {
    pub(crate) why: Why,
    /// For the person who asks.
    pub(crate) message: String,
    pub(crate) decision_id: Option<String>,
}

/// What stopped a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// Policy.
    Denied,
    /// Nobody says who asks.
    Unauthenticated,
    /// It could be read in more than one way, or asks for nothing that is known.
    Refused,
    /// Its body is larger than is waited for.
    TooLarge,
    /// There was no decision.
    Undecided,
}

impl Why {
    pub(crate) fn status(self) -> u16 {
        match self {
            Self::Unauthenticated => 401,
            Self::Denied | Self::Undecided => 403,
            Self::Refused => 400,
            Self::TooLarge => 413,
        }
    }

    /// Its name among the statistics and in the log.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Unauthenticated => "unauthenticated",
            Self::Refused => "refused",
            Self::TooLarge => "too_large",
            Self::Undecided => "undecided",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Unauthenticated => "Unauthorized",
            Self::Denied | Self::Undecided => "Forbidden",
            Self::Refused => "Bad Request",
            Self::TooLarge => "Content Too Large",
        }
    }
}

impl Stop {
    /// Answers, as a page where one is asked for and as JSON otherwise.
    pub(crate) fn answer(&self, host: &dyn Host, as_page: bool) {
        let (kind, body) = match as_page {
            true => ("text/html; charset=utf-8", self.page()),
            false => ("application/json", self.json()),
        };
        let mut headers = vec![
            ("content-type", kind),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'"),
        ];
        if self.why == Why::Unauthenticated {
            headers.push(("www-authenticate", "Bearer"));
        }
        host.respond(self.why.status(), &headers, &body);
    }

    fn json(&self) -> String {
        let (status, message) = (self.why.status(), &self.message);
        json!({"status": status, "message": message, "decision_id": self.decision_id}).to_string()
    }

    fn page(&self) -> String {
        let (status, title) = (self.why.status(), self.why.title());
        let message = escaped(&self.message);
        let decision = self.decision_id.as_deref().map(escaped);
        let decision = decision.map(|id| format!("<p><small>Decision {id}</small></p>\n"));
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
             <title>{status} {title}</title>\n\
             <style>body{{font:1rem/1.5 sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem}}</style>\n\
             <h1>{title}</h1>\n<p>{message}</p>\n{}</html>\n",
            decision.unwrap_or_default()
        )
    }
}

/// Sends a browser to the page to log in.
pub(crate) fn redirect(host: &dyn Host, path: &str) {
    host.respond(302, &[("location", path), ("cache-control", "no-store")], "");
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_text_on_a_page_whatever_it_holds() {
        let message = "<script>alert('1')</script>&".to_owned();
        let stop = Stop { why: Why::Denied, message, decision_id: Some("<b>".to_owned()) };
        let page = stop.page();
        assert!(page.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;"), "{page}");
        assert!(!page.contains("<script>") && !page.contains("<b>"), "{page}");
    }
}
