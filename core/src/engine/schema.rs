//! The schema in force: the shipped model with a bundle's own namespace, or loose texts' own.

use cedar_policy::{Schema, SchemaFragment};
use miette::Diagnostic;

use super::nesting;
use crate::bundle::{Bundle, Member, Model};
use crate::model::{Limits, LoadError, LoadErrorKind, Problem};

/// The shipped notebook model, version 1, in the human-readable schema format.
pub const SCHEMA: &str = include_str!("../model/notebook.cedarschema");

/// The namespace of the shipped model.
pub(super) const NAMESPACE: &str = "Notebook";

/// Reads the schema of a bundle; `None` for loose texts without one.
pub(super) fn read(bundle: &Bundle, limits: &Limits) -> Result<Option<Schema>, LoadError> {
    let model = bundle.manifest().model;
    let own = bundle.schema().map(|member| match model {
        Model::Own => loose(member, limits),
        Model::Notebook => fragment(member, limits),
    });
    let fragments = match (model, own.transpose()?) {
        (Model::Own, None) => return Ok(None),
        (Model::Own, Some(own)) => vec![own],
        (Model::Notebook, own) => {
            if let (Some(own), Some(member)) = (&own, bundle.schema()) {
                check_namespaces(own, member)?;
            }
            std::iter::once(shipped()?).chain(own).collect()
        }
    };
    let member = bundle.schema().cloned().unwrap_or_else(shipped_member);
    Schema::from_schema_fragments(fragments).map(Some).map_err(|error| refused(&error, &member))
}

/// A schema in no bundle may have the language's JSON form.
fn loose(member: &Member, limits: &Limits) -> Result<SchemaFragment, LoadError> {
    #[cfg(not(target_os = "wasi"))]
    if member.text.trim_start().starts_with('{') {
        limits.check_json_nesting(&member.text).map_err(|exceeded| member.exceeded(exceeded))?;
        return SchemaFragment::from_json_str(&member.text)
            .map_err(|error| refused(&error, member));
    }
    fragment(member, limits)
}

fn fragment(member: &Member, limits: &Limits) -> Result<SchemaFragment, LoadError> {
    nesting::check(&member.text, limits).map_err(|exceeded| member.exceeded(exceeded))?;
    let parsed = SchemaFragment::from_cedarschema_str(&member.text);
    parsed.map(|(fragment, _)| fragment).map_err(|error| refused(&error, member))
}

fn shipped_member() -> Member {
    Member { name: "notebook.cedarschema".into(), text: SCHEMA.into() }
}

fn shipped() -> Result<SchemaFragment, LoadError> {
    fragment(&shipped_member(), &Limits { policy_operators: usize::MAX, ..Limits::default() })
}

/// A bundle may add a namespace; what is shipped stays what it is.
fn check_namespaces(own: &SchemaFragment, member: &Member) -> Result<(), LoadError> {
    let taken = own.namespaces().find(|namespace| {
        namespace.as_ref().is_none_or(|namespace| namespace.to_string() == NAMESPACE)
    });
    match taken {
        None => Ok(()),
        Some(namespace) => {
            let message = match namespace {
                Some(_) => "it declares in namespace `Notebook`, which is the shipped model's",
                None => "it declares outside of any namespace",
            };
            let problem = Problem::error("schema.namespace", message)
                .help("put the bundle's own declarations in a namespace of its own: `namespace Lab { … }`")
                .file(&member.name, &member.text);
            Err(LoadError::new(LoadErrorKind::Schema, problem))
        }
    }
}

fn refused(error: &dyn Diagnostic, member: &Member) -> LoadError {
    let problems = Problem::from_diagnostic("schema.invalid", error, &member.name, &member.text);
    LoadError::all(LoadErrorKind::Schema, problems)
}
