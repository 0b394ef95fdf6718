//! Facts about one request.

use std::borrow::Cow;
use std::net::IpAddr;
use std::time::Duration;

use super::super::described::{Fields, set};
use super::super::{Context, EntityUid, RequestError, RequestErrorKind, Timestamp, Value};
use super::value::{IntoValue, Resources, Sensitivity};

/// Facts about one request, in the making.
///
/// Which of them an action knows is the schema's matter: one that it does not know is refused when
/// the request is built.
#[derive(Debug, Clone, Default)]
pub struct ContextBuilder(Fields);

/// Starts a context without any facts.
#[must_use]
pub fn context() -> ContextBuilder {
    ContextBuilder::default()
}

macro_rules! facts {
    ($($method:ident: $value:ty => $name:literal,)*) => {
        impl ContextBuilder {
            $(
                #[doc = concat!("Sets `context.", $name, "`.")]
                #[must_use]
                pub fn $method(mut self, value: $value) -> Self {
                    set(&mut self.0, $name, value.into_value());
                    self
                }
            )*
        }

        #[cfg(test)]
        const DECLARED: &[&str] = &[$($name,)*];
    };
}

facts! {
    now: Timestamp => "now",
    source_ip: IpAddr => "sourceIp",
    mfa: bool => "mfa",
    auth_age: Duration => "authAge",
    on_behalf_of: EntityUid => "onBehalfOf",
    hub: EntityUid => "hub",
    server: EntityUid => "server",
    kernel: EntityUid => "kernel",
    notebook: EntityUid => "notebook",
    namespace: EntityUid => "namespace",
    sensitivity: Sensitivity => "sensitivity",
    requested_resources: Resources => "requestedResources",
    purpose: &str => "purpose",
    ticket: &str => "ticket",
    server_count: i64 => "serverCount",
    kernel_count: i64 => "kernelCount",
    named: bool => "named",
    profile: EntityUid => "profile",
    image: EntityUid => "image",
    idle_for: Duration => "idleFor",
    up_for: Duration => "upFor",
    bytes: i64 => "bytes",
    chunk: i64 => "chunk",
    format: &str => "format",
    new_path: &str => "newPath",
    copy_from: EntityUid => "copyFrom",
    copy_from_notebook: EntityUid => "copyFromNotebook",
    destination: &str => "destination",
    code: &str => "code",
    user_expressions: Vec<&str> => "userExpressions",
    command: &str => "command",
    program: &str => "program",
    directory: &str => "directory",
    environment: Vec<&str> => "environment",
    name: &str => "name",
    silent: bool => "silent",
    port: i64 => "port",
    host: &str => "host",
    protocol: &str => "protocol",
    with_user: EntityUid => "withUser",
    with_group: EntityUid => "withGroup",
    scopes: Vec<&str> => "scopes",
    lifetime: Duration => "lifetime",
    note: &str => "note",
    members: Vec<EntityUid> => "members",
    make_admin: bool => "makeAdmin",
    new_name: &str => "newName",
    extension: &str => "extension",
    plugin: &str => "plugin",
    section: &str => "section",
    path: &str => "path",
    method: &str => "method",
}

impl ContextBuilder {
    /// Sets a fact of a bundle's own action.
    #[must_use]
    pub fn own(mut self, name: &str, value: impl IntoValue) -> Self {
        set(&mut self.0, name.to_owned(), value.into_value());
        self
    }

    /// These facts, and those, which go over these.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        for (name, value) in others.0 {
            set(&mut self.0, name, value);
        }
        self
    }

    /// The facts that were set, each once.
    #[must_use]
    pub fn fields(&self) -> &[(Cow<'static, str>, Value)] {
        &self.0
    }

    /// The context.
    ///
    /// # Errors
    /// When a value cannot be made, such as a time out of the language's range.
    pub fn build(self) -> Result<Context, RequestError> {
        let refused = |message: String| RequestError::new(RequestErrorKind::Context, message);
        let facts = self.0.iter().map(|(name, value)| {
            Ok((name.clone().into_owned(), value.to_expression().map_err(refused)?))
        });
        Context::from_pairs(facts.collect::<Result<Vec<_>, RequestError>>()?)
            .map_err(|error| refused(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use cedar_policy::SchemaFragment;

    use super::*;

    #[test]
    fn there_is_a_setter_for_every_fact_of_the_schema_and_no_other() {
        let text = include_str!("../notebook.cedarschema");
        let (schema, _) = SchemaFragment::from_cedarschema_str(text).unwrap();
        let json = schema.to_json_value().unwrap();
        let types = json["Notebook"]["commonTypes"].as_object().unwrap();
        let contexts = types.iter().filter(|(name, _)| name.ends_with("Context"));
        let facts = contexts.flat_map(|(_, value)| value["attributes"].as_object().unwrap().keys());
        let in_schema: BTreeSet<&str> = facts.map(String::as_str).collect();
        assert_eq!(in_schema, DECLARED.iter().copied().collect());
    }
}
