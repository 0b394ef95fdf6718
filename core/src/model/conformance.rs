//! Values read from JSON by the schema, and checked against it.
//!
//! With a schema, extension values and entity uids may be written in their short forms; without
//! one, they carry their `__extn` and `__entity` escapes. Unknown values, which the language keeps
//! for partial evaluation, are refused: a decision needs all there is to know.

use std::collections::HashSet;

use cedar_policy_core::ast::{self, Name, PartialValue, RestrictedExpr, UnreservedId};
use cedar_policy_core::entities::conformance::{
    EntitySchemaConformanceChecker, ValidateEuidError, typecheck_value_against_schematype,
    validate_euid, validate_euids_in_partial_value,
};
use cedar_policy_core::entities::json::err::JsonDeserializationErrorContext;
use cedar_policy_core::entities::json::{EntityJsonParser, ValueParser};
use cedar_policy_core::entities::{EntityTypeDescription, Schema as _, TCComputation};
use cedar_policy_core::extensions::Extensions;
pub use cedar_policy_core::jsonvalue::JsonValueWithNoDuplicateKeys as StrictValue;
use cedar_policy_core::validator::{CoreSchema, ValidatorSchema};
use miette::Diagnostic;
use serde_json::{Map, Value};

use super::{
    Context, Entity, EntityUid, RequestError, RequestErrorKind, RestrictedExpression, Schema,
};

/// Checks principal, action, resource and context against the schema.
pub(crate) fn check_request(
    (principal, action, resource): (&EntityUid, &EntityUid, &EntityUid),
    context: &Context,
    schema: &Schema,
) -> Result<(), RequestError> {
    let part = |uid: &EntityUid| (ast::EntityUID::from(uid.clone()), None);
    let (principal, action, resource) = (part(principal), part(action), part(resource));
    let schema: &ValidatorSchema = schema.as_ref();
    let (context, extensions) = (context.as_ref().clone(), Extensions::all_available());
    ast::Request::new(principal, action, resource, context, Some(schema), extensions)
        .map(|_| ())
        .map_err(|error| refused(RequestErrorKind::Schema, &error))
}

/// Whether a context has a fact of this name.
pub(crate) fn has_fact(context: &Context, name: &str) -> bool {
    match context.as_ref() {
        ast::Context::Value(facts) => facts.contains_key(name),
        ast::Context::RestrictedResidual(facts) => facts.contains_key(name),
    }
}

/// Checks an entity's type, attributes, tags and ancestors against the schema.
pub(crate) fn check_entity(entity: &Entity, schema: &Schema) -> Result<(), RequestError> {
    let schema = CoreSchema::new(schema.as_ref());
    EntitySchemaConformanceChecker::new(&schema, Extensions::all_available())
        .validate_entity(entity.as_ref())
        .map_err(|error| refused(RequestErrorKind::Entities, &error))
}

/// Checks that an entity's attributes, be they some or all, have the types of the schema.
pub(crate) fn check_attributes(entity: &Entity, schema: &Schema) -> Result<(), RequestError> {
    let (entity, schema): (&ast::Entity, _) = (entity.as_ref(), CoreSchema::new(schema.as_ref()));
    let wrong = |message| Err(RequestError::new(RequestErrorKind::Entities, message));
    let Some(description) = schema.entity_type(entity.uid().entity_type()) else {
        return wrong(format!("entity type of `{}` is not in the schema", entity.uid()));
    };
    let listed = |error: ValidateEuidError| {
        RequestError::new(RequestErrorKind::Entities, super::problem::explain(&error))
    };
    validate_euid(&schema, entity.uid()).map_err(listed)?;
    for (name, value) in entity.attrs() {
        let name_shown = name.escape_debug();
        let Some(expected) = description.attr_type(name) else {
            return wrong(format!(
                "attribute `{name_shown}` of `{}` is not in the schema",
                entity.uid()
            ));
        };
        if let Err(error) =
            typecheck_value_against_schematype(value, &expected, Extensions::all_available())
        {
            return wrong(format!("attribute `{name_shown}` of `{}`: {error}", entity.uid()));
        }
        validate_euids_in_partial_value(&schema, value).map_err(listed)?;
    }
    Ok(())
}

/// A moment that the language cannot write, reckoned from one that it can.
pub(crate) fn moment_from_1970(millis: i64) -> Result<RestrictedExpression, String> {
    let offset: Result<UnreservedId, _> = "offset".parse();
    let offset = offset.map_err(|error| error.to_string())?;
    let start = RestrictedExpression::new_datetime("1970-01-01");
    let length = RestrictedExpression::new_duration(format!("{millis}ms"));
    let arguments = [start, length].map(|one| AsRef::<RestrictedExpr>::as_ref(&one).clone());
    Ok(RestrictedExpr::call_extension_fn(Name::unqualified_name(offset), arguments).into())
}

/// Refuses values that are unknown.
pub(crate) fn check_known(entity: &ast::Entity) -> Result<(), RequestError> {
    let values = entity.attrs().chain(entity.tags());
    match values.into_iter().find(|(_, value)| !matches!(value, PartialValue::Value(_))) {
        None => Ok(()),
        Some((name, _)) => Err(RequestError::new(
            RequestErrorKind::Entities,
            format!("`{}` of `{}` is an unknown value", name.escape_debug(), entity.uid()),
        )),
    }
}

/// Reads one entity and checks it against the schema.
pub(crate) fn read_entity(json: Value, schema: Option<&Schema>) -> Result<Entity, RequestError> {
    let core = schema.map(|schema| CoreSchema::new(schema.as_ref()));
    let entity = EntityJsonParser::new(
        core.as_ref(),
        Extensions::all_available(),
        TCComputation::AssumeAlreadyComputed,
    )
    .single_from_json_value(json)
    .map_err(|error| refused(RequestErrorKind::Entities, &error))?;
    check_known(&entity)?;
    Ok(entity.into())
}

/// Reads some attributes of an entity by the types of the schema, without checking them.
pub(crate) fn read_attributes(
    uid: &EntityUid,
    json: Map<String, Value>,
    schema: Option<&Schema>,
) -> Result<Entity, RequestError> {
    let core = schema.map(|schema| CoreSchema::new(schema.as_ref()));
    let uid: &ast::EntityUID = uid.as_ref();
    let description = core.as_ref().and_then(|schema| schema.entity_type(uid.entity_type()));
    let parser = ValueParser::new(Extensions::all_available());
    let mut attributes = Vec::with_capacity(json.len());
    for (name, value) in json {
        let expected = description.as_ref().and_then(|description| description.attr_type(&name));
        let place = || JsonDeserializationErrorContext::EntityAttribute {
            uid: uid.clone(),
            attr: name.as_str().into(),
        };
        let value = parser
            .val_into_restricted_expr(value, expected.as_ref(), &place)
            .map_err(|error| refused(RequestErrorKind::Entities, &error))?;
        attributes.push((name.as_str().into(), value));
    }
    let (none, nobody) = (HashSet::new(), HashSet::new());
    let extensions = Extensions::all_available();
    let entity = ast::Entity::new(uid.clone(), attributes, none, nobody, [], extensions)
        .map_err(|error| RequestError::new(RequestErrorKind::Entities, error.to_string()))?;
    check_known(&entity)?;
    Ok(entity.into())
}

/// Reads a context by the action's type in the schema; an action that the schema does not have has
/// no context that could be read by it.
pub(crate) fn read_context(
    json: Value,
    action: &EntityUid,
    schema: Option<&Schema>,
) -> Result<Context, RequestError> {
    let action = schema.map(|schema| (schema, action));
    let context = Context::from_json_value(json, action)
        .map_err(|error| refused(RequestErrorKind::Context, &error))?;
    match context.as_ref() {
        ast::Context::Value(_) => Ok(context),
        ast::Context::RestrictedResidual(_) => {
            Err(RequestError::new(RequestErrorKind::Context, "a value of the context is unknown"))
        }
    }
}

fn refused(kind: RequestErrorKind, error: &dyn Diagnostic) -> RequestError {
    let refused = RequestError::new(kind, super::problem::explain(error));
    match error.help() {
        Some(help) => refused.help(help.to_string()),
        None => refused,
    }
}
