//! One request, from flags, from JSON or from a line of a file.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use clap::Args;
use notegate::Request;
use notegate::adapters::json::{RequestJson, UidJson};
use notegate::model::{Exceeded, Limits, RequestError, RequestErrorKind, StrictValue};
use notegate::request::Shape;

use crate::failure::Failure;
use crate::lines::Line;

/// One request.
#[derive(Debug, Args)]
pub(crate) struct RequestArgs {
    /// Who asks: `Type::"id"`, or {"type", "id"} where the id needs no escapes
    #[arg(short = 'l', long, value_name = "UID", help_heading = "Request")]
    principal: Option<String>,

    /// What they want to do: a uid, or in a bundle the action's name alone
    #[arg(short, long, value_name = "UID", help_heading = "Request")]
    action: Option<String>,

    /// What they want to do it to
    #[arg(short, long, value_name = "UID", help_heading = "Request")]
    resource: Option<String>,

    /// Facts about this one request: a JSON object, a file with one, or `-` for standard input
    #[arg(short, long, value_name = "FILE|JSON|-", help_heading = "Request")]
    context: Option<String>,

    /// The whole request: a JSON object, a file with one, or `-` for standard input
    #[arg(
        long,
        value_name = "FILE|JSON|-",
        help_heading = "Request",
        conflicts_with_all = ["principal", "action", "resource", "context"]
    )]
    request: Option<String>,
}

impl RequestArgs {
    /// Whether anything of one request was given.
    pub(crate) fn is_given(&self) -> bool {
        let given = [&self.principal, &self.action, &self.resource, &self.context, &self.request];
        given.iter().any(|one| one.is_some())
    }

    /// The request, when it fits the shape.
    pub(crate) fn read(&self, shape: &Shape) -> Result<Request, Failure> {
        if let Some(given) = &self.request {
            let (text, from) = text(given, "request", &shape.limits)?;
            return RequestJson::read(&text, shape)
                .map_err(|error| Failure::request(&error, &from));
        }
        let (Some(principal), Some(action), Some(resource)) =
            (&self.principal, &self.action, &self.resource)
        else {
            return Err(Failure::new("request.missing", "there is no request to decide")
                .help("give --principal, --action and --resource, or --request"));
        };
        let mut request = RequestJson {
            principal: uid(principal, "principal")?,
            action: uid(action, "action")?,
            resource: uid(resource, "resource")?,
            context: None,
            entities: Vec::new(),
            attributes: Vec::new(),
        };
        let mut from = "request".to_owned();
        if let Some(given) = &self.context {
            let (text, place) = text(given, "context", &shape.limits)?;
            let value = strict(&text, &shape.limits);
            request.context = Some(value.map_err(|error| Failure::request(&error, &place))?);
            from = place;
        }
        request.into_request(shape).map_err(|error| {
            let of_context = error.kind() == RequestErrorKind::Context;
            Failure::request(&error, if of_context { &from } else { "request" })
        })
    }
}

/// The request of one line of many; `None` when there is nothing in the line.
pub(crate) fn of_line(line: &Line<'_>, shape: &Shape) -> Option<Result<Request, RequestError>> {
    Some(match line {
        Line::End => return None,
        Line::Text(text) if text.trim().is_empty() => return None,
        Line::Text(text) => RequestJson::read(text, shape),
        Line::TooLong(found) => {
            let limit = shape.limits.request_bytes;
            Err(Exceeded::new("request_bytes", limit, *found).into())
        }
        Line::NotUtf8(at) => Err(RequestError::new(
            RequestErrorKind::Malformed,
            format!("it is not UTF-8 from byte {at} on"),
        )),
    })
}

fn uid(text: &str, field: &str) -> Result<UidJson, Failure> {
    if !text.trim_start().starts_with('{') {
        return Ok(UidJson::Text(text.to_owned()));
    }
    serde_json::from_str(text).map_err(|error| {
        let error = RequestError::new(RequestErrorKind::EntityUid, error.to_string());
        Failure::request(&error, field)
    })
}

fn strict(text: &str, limits: &Limits) -> Result<StrictValue, RequestError> {
    Exceeded::check("request_bytes", limits.request_bytes, text.len())?;
    limits.check_json_nesting(text)?;
    serde_json::from_str(text)
        .map_err(|error| RequestError::new(RequestErrorKind::Malformed, error.to_string()))
}

/// The text that was given, or that of the file that was named, with what to call it.
fn text(given: &str, what: &str, limits: &Limits) -> Result<(String, String), Failure> {
    if given.trim_start().starts_with('{') {
        return Ok((given.to_owned(), what.to_owned()));
    }
    let path = Path::new(given);
    let (bytes, from) = if given == "-" {
        (bounded(io::stdin().lock(), limits), "standard input".to_owned())
    } else {
        let file = File::open(path).map_err(|error| Failure::unreadable(path, &error))?;
        (bounded(file, limits), format!("`{given}`"))
    };
    let bytes =
        bytes.map_err(|error| Failure::new("file.unreadable", format!("{from}: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::new("file.utf8", format!("{from}: it is not UTF-8 from byte {at} on"))
            .help("save it as UTF-8")
    })?;
    Ok((text, from))
}

/// At most one byte more than the limit, so that the limit is seen to be passed.
fn bounded(input: impl Read, limits: &Limits) -> io::Result<Vec<u8>> {
    let most = u64::try_from(limits.request_bytes).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    input.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}
