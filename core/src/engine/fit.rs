//! What the schema asks of a question, laid out for asking often.
//!
//! It says yes or leaves the question to the language's own checks, which also say what is wrong: so
//! it may be narrower than those, and is never wider.

use std::collections::HashMap;
use std::sync::Arc;

use cedar_policy_core::ast::EntityType;
use cedar_policy_core::entities::{EntityTypeDescription as _, Schema as _, SchemaType};
use cedar_policy_core::validator::{
    CoreSchema, ValidatorActionId, ValidatorEntityType, ValidatorSchema,
};
use foldhash::fast::RandomState;

use super::by_name::ByName;
use super::compiled::Made;
use super::names::same;
use crate::request::{Given, Question, Sent};

/// What the schema asks of a question.
#[derive(Debug)]
pub(super) struct Fit {
    /// By the id of the action.
    actions: HashMap<Box<str>, Vec<Declared>, RandomState>,
    /// By the name of the type.
    entities: HashMap<Box<str>, DeclaredEntity, RandomState>,
}

/// An action that a request can ask for.
#[derive(Debug)]
pub(super) struct Declared {
    pub(super) type_name: Box<str>,
    pub(super) principals: Vec<Box<str>>,
    pub(super) resources: Vec<Box<str>>,
    pub(super) context: Arc<Fields>,
}

/// A type of which a request can bring entities.
#[derive(Debug)]
struct DeclaredEntity {
    attributes: Fields,
    tags: Option<Shape>,
    parents: Vec<Box<str>>,
}

/// What a record may hold: these and no others.
#[derive(Debug)]
pub(super) struct Fields {
    all: ByName<Field>,
    required: usize,
}

#[derive(Debug)]
struct Field {
    name: Box<str>,
    required: bool,
    shape: Shape,
}

#[derive(Debug)]
enum Shape {
    Bool,
    Long,
    Text,
    Entity(Box<str>),
    Set(Box<Shape>),
    Record(Fields),
    Extension(Made),
}

impl Fit {
    pub(super) fn new(schema: &ValidatorSchema) -> Self {
        let core = CoreSchema::new(schema);
        let mut actions: HashMap<Box<str>, Vec<Declared>, RandomState> = HashMap::default();
        // One that cannot be laid out is left to the language.
        for action in schema.action_ids() {
            if let Some(declared) = Declared::new(action, &core) {
                let id: &str = action.name().eid().as_ref();
                actions.entry(id.into()).or_default().push(declared);
            }
        }
        let entities = schema.entity_types().filter(|one| is_plain(one.name(), &core));
        let entities = entities.filter_map(|one| {
            Some((one.name().to_string().into(), DeclaredEntity::new(one, &core)?))
        });
        Self { actions, entities: entities.collect() }
    }

    /// Whether a question of these types, this context and these entities is one that the schema
    /// allows.
    pub(super) fn admits(&self, question: &Question<'_>) -> bool {
        let [principal, action, resource] = question.uids();
        let same_id = self.actions.get(action.1).map_or(&[][..], Vec::as_slice);
        let declared = same_id.iter().find(|declared| is(&declared.type_name, action.0));
        let has = |types: &[Box<str>], name: &str| types.iter().any(|one| is(one, name));
        declared.is_some_and(|declared| {
            has(&declared.principals, principal.0)
                && has(&declared.resources, resource.0)
                && declared.context.admit(question.context())
        }) && question.sent().iter().all(|sent| self.admits_sent(sent))
    }

    /// The actions, each with its id.
    pub(super) fn actions(&self) -> impl Iterator<Item = (&str, &Declared)> {
        self.actions.iter().flat_map(|(id, declared)| declared.iter().map(move |one| (&**id, one)))
    }

    fn admits_sent(&self, sent: &Sent<'_>) -> bool {
        let Some(described) = self.entities.get(sent.uid.0) else { return false };
        match &sent.whole {
            None => described.attributes.admit_some(sent.attributes),
            Some(rest) => {
                let is_parent = |(name, _): &(&str, &str)| {
                    described.parents.iter().any(|parent| is(parent, name))
                };
                let is_tag = |(_, given): &(&str, Given<'_>)| {
                    described.tags.as_ref().is_some_and(|shape| shape.admits(given))
                };
                described.attributes.admit(sent.attributes)
                    && rest.parents.iter().all(is_parent)
                    && rest.tags.iter().all(is_tag)
            }
        }
    }
}

impl DeclaredEntity {
    /// `None` for what is left to the language.
    fn new(declared: &ValidatorEntityType, core: &CoreSchema<'_>) -> Option<Self> {
        let description = core.entity_type(declared.name())?;
        if description.open_attributes() {
            return None;
        }
        let attributes = declared.attributes().iter().map(|(name, attribute)| {
            let shape = SchemaType::try_from(attribute.attr_type.as_ref().clone()).ok()?;
            Some((name.as_str(), attribute.is_required(), Shape::new(&shape, core)?))
        });
        let tags = match description.tag_type() {
            None => None,
            Some(shape) => Some(Shape::new(&shape, core)?),
        };
        let parents = description.allowed_parent_types();
        let parents = parents.iter().filter(|name| is_plain(name, core));
        Some(Self {
            attributes: Fields::new(attributes)?,
            tags,
            parents: parents.map(|name| name.to_string().into()).collect(),
        })
    }
}

impl Declared {
    fn new(action: &ValidatorActionId, core: &CoreSchema<'_>) -> Option<Self> {
        let context = SchemaType::try_from(action.context_type()?.clone()).ok()?;
        let SchemaType::Record { attrs, open_attrs: false } = context else { return None };
        let fields = attrs.iter().map(|(name, attribute)| {
            Some((
                name.as_str(),
                attribute.is_required(),
                Shape::new(attribute.schema_type(), core)?,
            ))
        });
        let names = |types: Vec<&EntityType>| -> Vec<Box<str>> {
            let plain = types.into_iter().filter(|name| is_plain(name, core));
            plain.map(|name| name.to_string().into()).collect()
        };
        Some(Self {
            type_name: action.name().entity_type().to_string().into(),
            principals: names(action.applies_to_principals().collect()),
            resources: names(action.applies_to_resources().collect()),
            context: Arc::new(Fields::new(fields)?),
        })
    }
}

impl Fields {
    fn new<'a>(fields: impl Iterator<Item = Option<(&'a str, bool, Shape)>>) -> Option<Self> {
        let field = |(name, required, shape): (&str, bool, Shape)| Field {
            name: name.into(),
            required,
            shape,
        };
        let all: Vec<Field> = fields.map(|one| one.map(field)).collect::<Option<_>>()?;
        let required = all.iter().filter(|field| field.required).count();
        Some(Self { all: ByName::new(all, |field| &field.name), required })
    }

    /// INVARIANT: each key is given once, so those that are required are all there when they are as
    /// many.
    pub(super) fn admit(&self, given: &[(&str, Given<'_>)]) -> bool {
        self.admitted(given) == Some(self.required)
    }

    /// Whether these are some of them.
    fn admit_some(&self, given: &[(&str, Given<'_>)]) -> bool {
        self.admitted(given).is_some()
    }

    /// How many of those that are required are there; `None` when one does not fit.
    fn admitted(&self, given: &[(&str, Given<'_>)]) -> Option<usize> {
        let mut required = 0_usize;
        for (name, given) in given {
            let field = self.all.find(name, |field| is(&field.name, name))?;
            required = required.saturating_add(usize::from(field.required));
            if !field.shape.admits(given) {
                return None;
            }
        }
        Some(required)
    }
}

impl Shape {
    /// `None` for what is left to the language.
    fn new(shape: &SchemaType, core: &CoreSchema<'_>) -> Option<Self> {
        Some(match shape {
            SchemaType::Bool => Self::Bool,
            SchemaType::Long => Self::Long,
            SchemaType::String => Self::Text,
            SchemaType::Entity { ty } if is_plain(ty, core) => Self::Entity(ty.to_string().into()),
            SchemaType::Set { element_ty } => Self::Set(Box::new(Self::new(element_ty, core)?)),
            SchemaType::Record { attrs, open_attrs: false } => {
                Self::Record(Fields::new(attrs.iter().map(|(name, attribute)| {
                    let shape = Self::new(attribute.schema_type(), core)?;
                    Some((name.as_str(), attribute.is_required(), shape))
                }))?)
            }
            SchemaType::Extension { name } => Self::Extension(Made::of_type(name)?),
            _ => return None,
        })
    }

    #[inline]
    fn admits(&self, given: &Given<'_>) -> bool {
        match (self, given) {
            (Self::Bool, Given::Bool(_))
            | (Self::Long, Given::Long(_))
            | (Self::Text, Given::Text(_))
            | (Self::Extension(Made::DateTime), Given::DateTime(_)) => true,
            _ => self.admits_rarer(given),
        }
    }

    fn admits_rarer(&self, given: &Given<'_>) -> bool {
        match (self, given) {
            (Self::Extension(Made::Address), Given::Address { .. })
            | (Self::Extension(Made::Decimal), Given::Decimal(_))
            | (Self::Extension(Made::Duration), Given::Duration(_)) => true,
            (Self::Entity(name), Given::Entity((type_name, _))) => is(name, type_name),
            (Self::Set(shape), Given::Set(elements)) => {
                elements.iter().all(|one| shape.admits(one))
            }
            (Self::Record(fields), Given::Record(given)) => fields.admit(given),
            _ => false,
        }
    }
}

#[inline]
fn is(one: &str, other: &str) -> bool {
    same(one.as_bytes(), other.as_bytes())
}

/// Whether any id of this type is as good as another.
fn is_plain(name: &EntityType, core: &CoreSchema<'_>) -> bool {
    let description = core.entity_type(name);
    !name.is_action() && description.is_some_and(|one| one.enum_entity_eids().is_none())
}
