//! One entity after the other, from its JSON into a store.
//!
//! What plainly fits the schema is read here. Everything else, and with it every error, is left to
//! the language's own parser, entity by entity: slower, never different.

use cedar_policy_core::FromNormalizedStr as _;
use cedar_policy_core::ast::{EntityType, Name};
use cedar_policy_core::entities::TCComputation;
use cedar_policy_core::entities::conformance::EntitySchemaConformanceChecker;
use cedar_policy_core::entities::err::EntitiesError;
use cedar_policy_core::entities::json::EntityJsonParser;
use cedar_policy_core::extensions::Extensions;
use cedar_policy_core::validator::{CoreSchema, ValidatorSchema};

use super::json::Json;
use super::shapes::{Fields, Shape, Shapes};
use crate::engine::compiled::{Field, Filling, Made, Stored, Whole};
use crate::engine::names::{Names, TypeId, TypeName, UidId};
use crate::model::{RequestError, conformance};

/// Entities being read.
pub(super) struct Reading<'s> {
    pub(super) filling: Filling,
    pub(super) shapes: Option<Shapes>,
    core: Option<CoreSchema<'s>>,
}

/// Why an entity is refused.
pub(super) enum Refused {
    Language(Box<EntitiesError>),
    Unknown(RequestError),
    Twice(String),
    Numbers,
}

impl<'s> Reading<'s> {
    /// `None` when the schema has more types than can be numbered.
    pub(super) fn new(mut names: Names, schema: Option<&'s ValidatorSchema>) -> Option<Self> {
        let shapes = match schema {
            Some(schema) => Some(Shapes::new(schema, &mut names)?),
            None => None,
        };
        Some(Self { filling: Filling::new(names), shapes, core: schema.map(CoreSchema::new) })
    }

    /// Reads the text of one entity: its uid, and whether it was read by the language, which has
    /// not held it against the schema yet.
    pub(super) fn entity(&mut self, text: &str) -> Result<(UidId, bool), Refused> {
        let mark = self.filling.pool.mark();
        let plain = serde_json::from_str(text).ok().and_then(|json| self.plain(&json));
        let Some(plain) = plain else {
            self.filling.pool.rewind(mark);
            return self.by_the_language(text).map(|uid| (uid, true));
        };
        let uid = plain.uid;
        match self.filling.add(uid, plain.attributes, plain.tags, plain.parents) {
            Some(true) => Ok((uid, false)),
            Some(false) => Err(self.twice(uid)),
            None => Err(Refused::Numbers),
        }
    }

    /// Adds the actions of the schema, of which the text may have had some.
    pub(super) fn actions(&mut self) -> Result<(), Refused> {
        use cedar_policy_core::entities::Schema as _;
        for action in self.core.iter().flat_map(CoreSchema::action_entities) {
            self.filling.add_parsed(&action).ok_or(Refused::Numbers)?;
        }
        Ok(())
    }

    fn by_the_language(&mut self, text: &str) -> Result<UidId, Refused> {
        let extensions = Extensions::all_available();
        let assume = TCComputation::AssumeAlreadyComputed;
        let refused = |error| Refused::Language(Box::new(error));
        // Without the schema here: it is held against it once all its ancestors are known. Its
        // values are read by the schema all the same.
        let parser = EntityJsonParser::new(self.core.as_ref(), extensions, assume);
        let listed = ["[", text, "]"].concat();
        let mut parsed = parser.iter_from_json_str(&listed).map_err(refused)?;
        let Some(entity) = parsed.next() else { return Err(Refused::Numbers) };
        drop(parsed);
        conformance::check_known(&entity).map_err(Refused::Unknown)?;
        // An action is held against its declaration as it is written, before anything is closed.
        if let Some(core) = self.core.as_ref().filter(|_| entity.uid().is_action()) {
            EntitySchemaConformanceChecker::new(core, extensions)
                .validate_action(&entity)
                .map_err(|error| refused(error.into()))?;
        }
        let uid = self.filling.names.add_uid(entity.uid()).ok_or(Refused::Numbers)?;
        match self.filling.add_parsed(&entity) {
            Some(true) => Ok(uid),
            Some(false) => Err(self.twice(uid)),
            None => Err(Refused::Numbers),
        }
    }

    fn twice(&self, uid: UidId) -> Refused {
        let uid = self.filling.names.language_uid(uid);
        Refused::Twice(uid.map(|uid| uid.to_string()).unwrap_or_default())
    }

    fn plain(&mut self, json: &Json<'_>) -> Option<Plain> {
        let none = Json::Object(Vec::new());
        let ([uid, attributes, parents], tags) = match json.exactly(["uid", "attrs", "parents"]) {
            Some(parts) => (parts, &none),
            None => {
                let parts = json.exactly(["uid", "attrs", "parents", "tags"])?;
                let [uid, attributes, parents, tags] = parts;
                ([uid, attributes, parents], tags)
            }
        };
        let (entity_type, uid) = self.uid(uid)?;
        let shapes = self.shapes.take();
        let read = match &shapes {
            None => self.untyped_entity(entity_type, attributes, tags),
            Some(shapes) => shapes.of(entity_type).and_then(|shape| {
                let attributes = self.fields(attributes, &shape.attributes)?;
                let tags = match (&shape.tags, tags) {
                    (Some(shape), Json::Object(tags)) => {
                        let tags = tags.iter().map(|(key, tag)| (&**key, tag, shape));
                        tags.map(|(key, tag, shape)| self.field(key, tag, Some(shape))).collect()
                    }
                    (None, Json::Object(tags)) => tags.is_empty().then(Vec::new),
                    _ => None,
                };
                Some((attributes, tags?))
            }),
        };
        self.shapes = shapes;
        let (attributes, tags) = read?;
        let Json::Array(parents) = parents else { return None };
        let parents = parents.iter().map(|parent| Some(self.uid(parent)?.1));
        Some(Plain { uid, attributes, tags, parents: parents.collect::<Option<_>>()? })
    }

    fn untyped_entity(
        &mut self,
        entity_type: TypeId,
        attributes: &Json<'_>,
        tags: &Json<'_>,
    ) -> Option<(Vec<Field>, Vec<Field>)> {
        let (Json::Object(attributes), Json::Object(tags)) = (attributes, tags) else {
            return None;
        };
        // What actions may be in is checked by the language.
        if self.filling.names.type_name(entity_type)?.is_action() {
            return None;
        }
        let mut read = |fields: &[(std::borrow::Cow<'_, str>, Json<'_>)]| {
            let fields = fields.iter().map(|(key, value)| self.field(key, value, None));
            fields.collect::<Option<Vec<_>>>()
        };
        Some((read(attributes)?, read(tags)?))
    }

    /// The fields of a record or entity that has a shape.
    fn fields(&mut self, json: &Json<'_>, shape: &Fields) -> Option<Vec<Field>> {
        let Json::Object(values) = json else { return None };
        let mut fields = Vec::with_capacity(values.len());
        for field in &shape.0 {
            match values.iter().find(|(key, _)| **key == *field.name) {
                Some((key, value)) => fields.push(self.field(key, value, Some(&field.shape))?),
                None if field.required => return None,
                None => {}
            }
        }
        (fields.len() == values.len()).then_some(fields)
    }

    fn field(&mut self, key: &str, value: &Json<'_>, shape: Option<&Shape>) -> Option<Field> {
        // Keys that begin like this may be escapes.
        if key.starts_with("__") {
            return None;
        }
        let value = match shape {
            Some(shape) => self.shaped(value, shape)?,
            None => self.unshaped(value)?,
        };
        Some(Field { key: self.filling.names.add_key(key)?, value })
    }

    fn shaped(&mut self, json: &Json<'_>, shape: &Shape) -> Option<Stored> {
        match (shape, json) {
            (Shape::Bool, Json::Bool(value)) => Some(Stored::Bool(*value)),
            (Shape::Long, Json::Long(value)) => Some(Stored::Long(Whole::new(*value))),
            (Shape::Text, Json::Text(text)) => self.filling.pool.add_text(text),
            (Shape::Entity(expected), json) => {
                let (entity_type, uid) = self.uid(json)?;
                (entity_type == *expected).then_some(Stored::Entity(uid))
            }
            (Shape::Set(element), Json::Array(elements)) => {
                let elements = elements.iter().map(|json| self.shaped(json, element));
                let elements = elements.collect::<Option<Vec<_>>>()?;
                self.filling.pool.add_literals(elements)
            }
            (Shape::Record(shape), json) => {
                let fields = self.fields(json, shape)?;
                self.filling.pool.push_fields(fields).map(Stored::Record)
            }
            (Shape::Extension(made), Json::Text(text)) => self.made(*made, text),
            (Shape::Extension(made), json) => {
                let (found, text) = extension(json)?;
                (found == *made).then(|| self.made(found, text))?
            }
            _ => None,
        }
    }

    fn unshaped(&mut self, json: &Json<'_>) -> Option<Stored> {
        match json {
            Json::Null => None,
            Json::Bool(value) => Some(Stored::Bool(*value)),
            Json::Long(value) => Some(Stored::Long(Whole::new(*value))),
            Json::Text(text) => self.filling.pool.add_text(text),
            Json::Array(elements) => {
                let elements = elements.iter().map(|json| self.unshaped(json));
                let elements = elements.collect::<Option<Vec<_>>>()?;
                self.filling.pool.add_literals(elements)
            }
            Json::Object(fields) => {
                if json.exactly(["__entity"]).is_some() {
                    return Some(Stored::Entity(self.uid(json)?.1));
                }
                if json.exactly(["__extn"]).is_some() {
                    let (made, text) = extension(json)?;
                    return self.made(made, text);
                }
                let fields = fields.iter().map(|(key, value)| self.field(key, value, None));
                let fields = fields.collect::<Option<Vec<_>>>()?;
                self.filling.pool.push_fields(fields).map(Stored::Record)
            }
        }
    }

    fn made(&mut self, made: Made, text: &str) -> Option<Stored> {
        self.filling.pool.add_extension(made.read(text)?)
    }

    /// A uid, with or without its escape.
    fn uid(&mut self, json: &Json<'_>) -> Option<(TypeId, UidId)> {
        let json = json.exactly(["__entity"]).map_or(json, |[inner]| inner);
        let [type_name, id] = json.exactly(["type", "id"])?;
        let names = &mut self.filling.names;
        let (type_name, id) = (type_name.text()?, id.text()?);
        let entity_type = match names.type_id(TypeName::Written(type_name)) {
            Some(known) => known,
            None => {
                let name = Name::from_normalized_str(type_name).ok()?;
                names.add_type(&EntityType::from(name))?
            }
        };
        Some((entity_type, names.add_uid_of(entity_type, id)?))
    }
}

/// An entity that was read here.
struct Plain {
    uid: UidId,
    attributes: Vec<Field>,
    tags: Vec<Field>,
    parents: Vec<UidId>,
}

/// The constructor and the text of an extension value that is written out.
fn extension<'j>(json: &'j Json<'_>) -> Option<(Made, &'j str)> {
    let json = json.exactly(["__extn"]).map_or(json, |[inner]| inner);
    let [name, text] = json.exactly(["fn", "arg"])?;
    Some((Made::named(name.text()?)?, text.text()?))
}
