//! What the body of a request says of what it asks for.

use std::time::Duration;

use serde_json::{Map, Value};

use super::client::client;
use super::content::Content;
use super::reading::{Named, Reading, file_path, kernel_spec, share_code};
use super::refused;
use super::routes::Body;
use super::target::{one, parameters};
use super::terminal::terminal;
use crate::model::notebook::{self, Builder as _};
use crate::model::{EntityUid, Exceeded, Limits, RequestError, StrictValue};

/// The most names in one body.
const NAMES: usize = 1_024;
/// What a share or a code gives when it is not said.
const SHARED: &str = "access:servers";
/// How long a code lasts when it is not said.
const CODE_LASTS: Duration = Duration::from_secs(86_400);

impl Reading {
    /// What it asks for, with the body that came: all of it must be allowed.
    ///
    /// Of a reading that needs no body it is the reading itself. `content_type` is the header's value.
    ///
    /// # Errors
    /// When the body is longer than a request may be, is not what the route takes, or names something
    /// twice. What a save or an upload writes may be of any length: it is read once, and not copied.
    pub fn with_body(
        &self,
        body: &[u8],
        content_type: &str,
        limits: &Limits,
    ) -> Result<Vec<Self>, RequestError> {
        if !self.needs_body() {
            return Ok(vec![self.clone()]);
        }
        if self.body != Body::Measured {
            Exceeded::check("request_bytes", limits.request_bytes, body.len())?;
        }
        let text = std::str::from_utf8(body).map_err(|_| refused("the body is not UTF-8"))?;
        match self.body {
            Body::Measured => {
                let context = Content::read(text)?.context(self.context.clone());
                Ok(vec![Self { body: Body::Unread, context, ..self.clone() }])
            }
            Body::FormCode => {
                let code = self.of_form(text, content_type, "code")?;
                Ok(vec![self.on(share_code(&code))])
            }
            Body::FormClient => {
                let id = self.of_form(text, content_type, "client_id")?;
                Ok(vec![self.on(client(&id, self.named_servers))])
            }
            Body::FormPerson => {
                let name = self.of_form(text, content_type, "username")?;
                Ok(vec![self.on(Named::bare(person(name.trim())))])
            }
            _ => self.with_fields(&Fields::read(text, limits)?),
        }
    }

    fn with_fields(&self, fields: &Fields) -> Result<Vec<Self>, RequestError> {
        let mut one = Self { body: Body::Unread, ..self.clone() };
        let context = one.context.clone();
        match self.body {
            Body::Unread | Body::Content | Body::Measured => {}
            Body::FormCode | Body::FormClient | Body::FormPerson => {}
            Body::Terminal => one.context = terminal(fields, context)?,
            Body::Kernel => return Ok(vec![self.start(fields)?]),
            Body::Session => return self.session(fields),
            Body::SessionChange => {
                return Ok([one].into_iter().chain(self.session_change(fields)?).collect());
            }
            Body::NewPath => {
                let path = fields.text("path")?.ok_or_else(|| refused("the body has no `path`"))?;
                one.context = context.new_path(&file_path(path)?);
            }
            Body::Copy => {
                if let Some(path) = fields.text("copy_from")? {
                    let source = self.here.file(&file_path(path)?);
                    let read = Self { action: "contents:read", ..self.on(source) };
                    let uid = read.resource().clone();
                    // Of the place that is copied to, it is known already.
                    if uid != *self.resource() {
                        one.named.beside = read.attributes();
                    }
                    one.context = match uid.type_name().basename() {
                        "Notebook" => context.copy_from_notebook(uid),
                        _ => context.copy_from(uid),
                    };
                    return Ok(vec![one, read]);
                }
            }
            Body::People => {
                let people = fields.people("usernames")?;
                one.context = fields.admin(context)?.members(people.clone());
                return Ok(one.and_each(people));
            }
            Body::Groups => {
                let groups = fields.names("groups")?;
                one.context = context.members(fields.people("users")?);
                return Ok(one.and_each(groups.iter().map(|name| notebook::group(name).uid())));
            }
            Body::Members => one.context = context.members(fields.people("users")?),
            Body::Person => {
                one.context = match fields.text("name")? {
                    Some(name) => fields.admin(context)?.new_name(&name.to_lowercase()),
                    None => fields.admin(context)?,
                };
            }
            Body::Token => {
                if fields.0.get("roles").is_some_and(|roles| !roles.is_null()) {
                    return Err(refused("a token is asked for by roles").help("ask for its scopes"));
                }
                // Without scopes the hub gives it all that its owner may do.
                let scopes = match fields.given("scopes") {
                    Some(_) => fields.names("scopes")?,
                    None => vec!["inherit"],
                };
                one.context = fields.lifetime(context)?.scopes(scopes);
                if let Some(note) = fields.text("note")? {
                    one.context = one.context.note(note);
                }
            }
            Body::Share | Body::Revoke => {
                let scopes = fields.names("scopes")?;
                one.context = match (self.body, &*scopes) {
                    (Body::Revoke, []) => context,
                    (_, []) => context.scopes(vec![SHARED]),
                    _ => context.scopes(scopes),
                };
                one.context = match (fields.text("user")?, fields.text("group")?) {
                    (Some(user), None) => one.context.with_user(notebook::user(user).uid()),
                    (None, Some(group)) => one.context.with_group(notebook::group(group).uid()),
                    _ => return Err(refused("a share is with one `user` or one `group`")),
                };
            }
            Body::Code => {
                let scopes = Some(fields.names("scopes")?).filter(|scopes| !scopes.is_empty());
                // Also without a lifetime it does not last for ever.
                let context = fields.lifetime(context.lifetime(CODE_LASTS))?;
                one.context = context.scopes(scopes.unwrap_or_else(|| vec![SHARED]));
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

    /// It, and the same of each of these.
    fn and_each(self, uids: impl IntoIterator<Item = EntityUid>) -> Vec<Self> {
        let each: Vec<Self> = uids.into_iter().map(|uid| self.on(Named::of_uid(uid))).collect();
        [self].into_iter().chain(each).collect()
    }

    /// What a form says, or the query in its place; not both, for one would be passed over.
    fn of_form(&self, text: &str, content_type: &str, name: &str) -> Result<String, RequestError> {
        match (form(text, content_type, name)?, &self.parameter) {
            (Some(value), Some(other)) if value != *other => {
                Err(refused(&format!("`{name}` is another in the query than in the body")))
            }
            (Some(value), _) => Ok(value),
            (None, Some(value)) => Ok(value.clone()),
            (None, None) => Err(wrong(name, "there")),
        }
    }

    /// Starting the kernel that is named, or the default one.
    fn start(&self, fields: &Fields) -> Result<Self, RequestError> {
        let name = fields.text("name")?.filter(|name| !name.is_empty());
        let spec = kernel_spec(name.unwrap_or(&self.default_kernel));
        Ok(Self { action: "kernel:start", ..self.on(spec) })
    }

    fn attach(&self, id: &str) -> Self {
        Self { action: "session:attach", ..self.on(self.here.kernel(id)) }
    }

    /// What a new session's kernel is: one to start, or one that runs. Whether it does is not known here,
    /// and what does not run is started.
    fn session(&self, fields: &Fields) -> Result<Vec<Self>, RequestError> {
        let kernel = fields.record("kernel")?.unwrap_or_default();
        let id = kernel.text("id")?.filter(|id| !id.is_empty());
        let attach = id.map(|id| self.attach(id));
        let both = attach.into_iter().chain([self.start(&kernel)?]);
        both.map(|reading| reading.in_document(fields)).collect()
    }

    /// The kernel that a session changes to, when it is said.
    fn session_change(&self, fields: &Fields) -> Result<Option<Self>, RequestError> {
        let Some(kernel) = fields.record("kernel")? else { return Ok(None) };
        let reading = match kernel.text("id")? {
            Some(id) => self.attach(id),
            None => self.start(&kernel)?,
        };
        reading.in_document(fields).map(Some)
    }

    /// The same, for the document that the session is of.
    fn in_document(mut self, fields: &Fields) -> Result<Self, RequestError> {
        if fields.given("notebook").is_some() {
            return Err(refused("the body names its document in `notebook`")
                .help("name it in `path`: some servers read the one, some the other"));
        }
        if let Some(path) = fields.text("path")?.filter(|path| path.ends_with(".ipynb")) {
            let notebook = self.here.file(&file_path(path)?).described.uid;
            self.context = self.context.notebook(notebook);
        }
        Ok(self)
    }
}

/// An object of a body.
#[derive(Debug, Default)]
pub(super) struct Fields(pub(super) Map<String, Value>);

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

    pub(super) fn keys(&self) -> Result<Vec<&str>, RequestError> {
        Exceeded::check("body_names", NAMES, self.0.len())?;
        Ok(self.0.keys().map(String::as_str).collect())
    }

    /// What they all say, in their order.
    pub(super) fn texts(&self) -> Result<Vec<&str>, RequestError> {
        Exceeded::check("body_names", NAMES, self.0.len())?;
        let all = self.0.iter();
        all.map(|(name, value)| value.as_str().ok_or_else(|| wrong(name, "a string"))).collect()
    }

    pub(super) fn given(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, RequestError> {
        match self.given(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong(name, "a string")),
        }
    }

    pub(super) fn bool(&self, name: &str) -> Result<Option<bool>, RequestError> {
        match self.given(name) {
            None => Ok(None),
            Some(Value::Bool(value)) => Ok(Some(*value)),
            Some(_) => Err(wrong(name, "`true` or `false`")),
        }
    }

    pub(super) fn record(&self, name: &str) -> Result<Option<Self>, RequestError> {
        match self.given(name) {
            None => Ok(None),
            Some(Value::Object(fields)) => Ok(Some(Self(fields.clone()))),
            Some(_) => Err(wrong(name, "an object")),
        }
    }

    pub(super) fn names(&self, name: &str) -> Result<Vec<&str>, RequestError> {
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

    /// Names of people, as the hub writes them: in lower case.
    fn people(&self, name: &str) -> Result<Vec<EntityUid>, RequestError> {
        Ok(self.names(name)?.iter().map(|name| person(name).uid()).collect())
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

fn person(name: &str) -> notebook::User {
    notebook::user(&name.to_lowercase())
}

fn form(text: &str, content_type: &str, name: &str) -> Result<Option<String>, RequestError> {
    let kind = content_type.split(';').next().unwrap_or_default().trim();
    if !kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(refused("the body is not a form").help("send it URL-encoded"));
    }
    let pairs = parameters(text.trim_end())?;
    one(&pairs, name).map(|value| value.map(str::to_owned))
}

fn wrong(name: &str, expected: &str) -> RequestError {
    refused(&format!("in the body, `{name}` is not {expected}"))
}
