//! What the body of a request says of what it asks for.

use std::time::Duration;

use serde_json::{Map, Value};

use super::reading::{Named, Reading, client, file_path, share_code};
use super::refused;
use super::routes::Body;
use super::target::{one, parameters};
use crate::model::notebook::{self, Builder as _};
use crate::model::{Exceeded, Limits, RequestError, StrictValue};

/// The most names in one body.
const NAMES: usize = 1_024;

impl Reading {
    /// What it asks for, with the body that came: all of it must be allowed.
    ///
    /// Of a reading that needs no body it is the reading itself. `content_type` is the header's value.
    ///
    /// # Errors
    /// When the body is longer than a request may be, is not what the route takes, or names something
    /// twice.
    pub fn with_body(
        &self,
        body: &[u8],
        content_type: &str,
        limits: &Limits,
    ) -> Result<Vec<Self>, RequestError> {
        if !self.needs_body() {
            return Ok(vec![self.clone()]);
        }
        Exceeded::check("request_bytes", limits.request_bytes, body.len())?;
        let text = std::str::from_utf8(body).map_err(|_| refused("the body is not UTF-8"))?;
        match self.body {
            Body::FormCode => {
                let code = form(text, content_type, "code")?;
                Ok(vec![self.on(share_code(&code))])
            }
            Body::FormClient => {
                let id = form(text, content_type, "client_id")?;
                Ok(vec![self.on(client(&id))])
            }
            _ => self.with_fields(&Fields::read(text, limits)?),
        }
    }

    fn with_fields(&self, fields: &Fields) -> Result<Vec<Self>, RequestError> {
        let mut one = Self { body: Body::Unread, ..self.clone() };
        let context = one.context.clone();
        match self.body {
            Body::Unread | Body::FormCode | Body::FormClient => {}
            Body::Kernel => return Ok(vec![self.start(fields)?]),
            Body::Session => return Ok(self.session(fields)?.into_iter().collect()),
            Body::SessionChange => {
                return Ok([one].into_iter().chain(self.session(fields)?).collect());
            }
            Body::NewPath => {
                let path = fields.text("path")?.ok_or_else(|| refused("the body has no `path`"))?;
                one.context = context.new_path(&file_path(path)?);
            }
            Body::Copy => {
                if let Some(path) = fields.text("copy_from")? {
                    let source = self.here.file(&file_path(path)?)?;
                    one.context = context.copy_from(source.uid.clone());
                    let read = Self { action: "contents:read", ..self.on(source) };
                    return Ok(vec![one, read]);
                }
            }
            Body::People | Body::Groups | Body::Members => {
                let names = fields.names(match self.body {
                    Body::People => "usernames",
                    _ => "users",
                })?;
                let members = names.iter().map(|name| notebook::user(name).uid()).collect();
                one.context = fields.admin(context)?.members(members);
            }
            Body::Person => {
                one.context = match fields.text("name")? {
                    Some(name) => fields.admin(context)?.new_name(name),
                    None => fields.admin(context)?,
                };
            }
            Body::Token => {
                if fields.0.get("roles").is_some_and(|roles| !roles.is_null()) {
                    return Err(refused("a token is asked for by roles").help("ask for its scopes"));
                }
                one.context = fields.lifetime(context)?.scopes(fields.names("scopes")?);
                if let Some(note) = fields.text("note")? {
                    one.context = one.context.note(note);
                }
            }
            Body::Share => {
                one.context = context.scopes(fields.names("scopes")?);
                one.context = match (fields.text("user")?, fields.text("group")?) {
                    (Some(user), None) => one.context.with_user(notebook::user(user).uid()),
                    (None, Some(group)) => one.context.with_group(notebook::group(group).uid()),
                    _ => return Err(refused("a share is with one `user` or one `group`")),
                };
            }
            Body::Code => {
                one.context = fields.lifetime(context)?.scopes(fields.names("scopes")?);
            }
            Body::Remove => {
                let forgets = fields.bool("remove")?.unwrap_or_default();
                let forget = Self { action: "server:delete", ..one.clone() };
                return Ok([one].into_iter().chain(forgets.then_some(forget)).collect());
            }
            Body::Extension => {
                if let Some(name) = fields.text("extension_name")? {
                    one.context = context.extension(name);
                }
            }
            Body::Plugin => {
                if let Some(name) = fields.text("plugin_name")? {
                    one.context = context.plugin(name);
                }
            }
        }
        Ok(vec![one])
    }

    /// The same of something else.
    fn on(&self, named: Named) -> Self {
        let Named { uid: resource, attributes } = named;
        Self { resource, attributes, body: Body::Unread, ..self.clone() }
    }

    /// Starting the kernel that is named, or the default one.
    fn start(&self, fields: &Fields) -> Result<Self, RequestError> {
        let name = fields.text("name")?.unwrap_or(&self.default_kernel);
        let spec = notebook::kernel_spec(name);
        let spec = Named { uid: spec.uid(), attributes: Vec::new() };
        Ok(Self { action: "kernel:start", ..self.on(spec) })
    }

    /// What a session's kernel is: one to start, or one that runs; `None` when it is not said.
    fn session(&self, fields: &Fields) -> Result<Option<Self>, RequestError> {
        let kernel = fields.record("kernel")?;
        let id = kernel.as_ref().map(|kernel| kernel.text("id")).transpose()?.flatten();
        let mut reading = match (id, &kernel) {
            (Some(id), _) => Self { action: "session:attach", ..self.on(self.here.kernel(id)?) },
            (None, Some(kernel)) => self.start(kernel)?,
            (None, None) if self.body == Body::Session => self.start(&Fields::default())?,
            (None, None) => return Ok(None),
        };
        let document = fields.text("path")?.filter(|path| path.ends_with(".ipynb"));
        if let Some(path) = document {
            reading.context = reading.context.notebook(self.here.file(&file_path(path)?)?.uid);
        }
        Ok(Some(reading))
    }
}

/// An object of a body.
#[derive(Debug, Default)]
struct Fields(Map<String, Value>);

impl Fields {
    /// Nothing at all is an object without fields.
    fn read(text: &str, limits: &Limits) -> Result<Self, RequestError> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        limits.check_json_nesting(text)?;
        let value: StrictValue = serde_json::from_str(text)
            .map_err(|error| refused("the body is not JSON").help(error.to_string()))?;
        match value.into() {
            Value::Object(fields) => Ok(Self(fields)),
            Value::Null => Ok(Self::default()),
            _ => Err(refused("the body is not an object")),
        }
    }

    fn given(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn text(&self, name: &str) -> Result<Option<&str>, RequestError> {
        match self.given(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong(name, "a string")),
        }
    }

    fn bool(&self, name: &str) -> Result<Option<bool>, RequestError> {
        match self.given(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(wrong(name, "`true` or `false`")),
        }
    }

    fn record(&self, name: &str) -> Result<Option<Self>, RequestError> {
        match self.given(name) {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(Self(fields.clone()))),
            Some(_) => Err(wrong(name, "an object")),
        }
    }

    fn names(&self, name: &str) -> Result<Vec<&str>, RequestError> {
        let list = match self.given(name) {
            None => return Ok(Vec::new()),
            Some(Value::Array(list)) => list,
            Some(_) => return Err(wrong(name, "a list of strings")),
        };
        Exceeded::check("body_names", NAMES, list.len())?;
        let names =
            list.iter().map(|one| one.as_str().ok_or_else(|| wrong(name, "a list of strings")));
        names.collect()
    }

    fn admin(
        &self,
        context: notebook::ContextBuilder,
    ) -> Result<notebook::ContextBuilder, RequestError> {
        Ok(match self.bool("admin")? {
            Some(admin) => context.make_admin(admin),
            None => context,
        })
    }

    /// In seconds; what lasts for ever has none.
    fn lifetime(
        &self,
        context: notebook::ContextBuilder,
    ) -> Result<notebook::ContextBuilder, RequestError> {
        let Some(value) = self.given("expires_in") else { return Ok(context) };
        let seconds = value.as_f64().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        match seconds {
            Some(lifetime) => Ok(context.lifetime(lifetime)),
            None => Err(wrong("expires_in", "a number of seconds")),
        }
    }
}

fn form(text: &str, content_type: &str, name: &str) -> Result<String, RequestError> {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(refused("the body is not a form").help("send it URL-encoded"));
    }
    let pairs = parameters(text.trim_end())?;
    let value = one(&pairs, name)?;
    value.map(str::to_owned).ok_or_else(|| wrong(name, "there"))
}

fn wrong(name: &str, expected: &str) -> RequestError {
    refused(&format!("in the body, `{name}` is not {expected}"))
}
