//! What the schema says of entities, laid out for reading many of them.
//!
//! The language's own description of a type is made anew each time it is asked for, from all types
//! of the schema. Here it is made once.

use cedar_policy_core::ast::EntityType;
use cedar_policy_core::entities::{EntityTypeDescription as _, Schema as _, SchemaType};
use cedar_policy_core::validator::{CoreSchema, ValidatorSchema};

use crate::engine::compiled::{Made, Store};
use crate::engine::names::{Names, TypeId, Uid, UidId};

/// What the schema says of each entity type, by its number.
#[derive(Debug)]
pub(super) struct Shapes(Vec<Option<EntityShape>>);

/// What entities of a type may look like.
#[derive(Debug)]
pub(super) struct EntityShape {
    pub(super) attributes: Fields,
    pub(super) tags: Option<Shape>,
    /// The types that it may be in, the indirect ones too.
    pub(super) ancestors: Vec<TypeId>,
}

/// What a value may look like.
#[derive(Debug)]
pub(super) enum Shape {
    Bool,
    Long,
    Text,
    Entity(TypeId),
    Set(Box<Shape>),
    Record(Fields),
    Extension(Made),
    /// Left to the language's own parser, which checks more than the shape.
    Other,
}

/// What a record, or the attributes of an entity, may hold: these and no others.
#[derive(Debug)]
pub(super) struct Fields(pub(super) Vec<Field>);

#[derive(Debug)]
pub(super) struct Field {
    pub(super) name: Box<str>,
    pub(super) required: bool,
    pub(super) shape: Shape,
}

impl Shapes {
    /// `None` when there are more types than can be numbered.
    pub(super) fn new(schema: &ValidatorSchema, names: &mut Names) -> Option<Self> {
        let core = CoreSchema::new(schema);
        for entity_type in schema.entity_types() {
            names.add_type(entity_type.name())?;
        }
        let mut shapes = Vec::new();
        for declared in schema.entity_types() {
            let name = declared.name();
            let Some(description) = core.entity_type(name) else { continue };
            // Their ids are among those declared, or their declaration is elsewhere.
            let is_special = description.enum_entity_eids().is_some() || description.is_external();
            if is_special || description.open_attributes() || name.is_action() {
                continue;
            }
            let fields = declared.attributes().iter().map(|(attribute, declared)| {
                let shape = description.attr_type(attribute);
                Some(Field {
                    name: attribute.as_str().into(),
                    required: declared.is_required(),
                    shape: shape.map_or(Shape::Other, |shape| Shape::new(&shape, &core, names)),
                })
            });
            let attributes = Fields(fields.collect::<Option<_>>()?);
            let tags = description.tag_type().map(|shape| Shape::new(&shape, &core, names));
            let plain = |name: &&EntityType| is_plain(name, &core);
            let ancestors = description.allowed_parent_types();
            let ancestors = ancestors.iter().filter(plain).map(|name| names.add_type(name));
            let ancestors = ancestors.collect::<Option<_>>()?;
            let at = names.add_type(name)?.0 as usize;
            if shapes.len() <= at {
                shapes.resize_with(at.saturating_add(1), || None);
            }
            *shapes.get_mut(at)? = Some(EntityShape { attributes, tags, ancestors });
        }
        Some(Self(shapes))
    }

    /// Whether the ancestors of a stored entity are of types that it may be in. One of a type that is
    /// left to the language is checked there.
    pub(super) fn allow_ancestors(&self, uid: UidId, store: &Store) -> bool {
        let entity_type = store.names.type_of(Uid::Known(uid));
        let Some(shape) = entity_type.and_then(|id| self.of(id)) else { return true };
        store.ancestors_of(uid).iter().all(|ancestor| {
            let ancestor = store.names.type_of(Uid::Known(*ancestor));
            ancestor.is_some_and(|ancestor| shape.ancestors.contains(&ancestor))
        })
    }

    /// `None` for a type that the schema does not have, and for one that is left to the language.
    pub(super) fn of(&self, entity_type: TypeId) -> Option<&EntityShape> {
        self.0.get(entity_type.0 as usize)?.as_ref()
    }
}

impl Shape {
    fn new(shape: &SchemaType, core: &CoreSchema<'_>, names: &mut Names) -> Self {
        match shape {
            SchemaType::Bool => Self::Bool,
            SchemaType::Long => Self::Long,
            SchemaType::String => Self::Text,
            SchemaType::Entity { ty } if is_plain(ty, core) => {
                names.add_type(ty).map_or(Self::Other, Self::Entity)
            }
            SchemaType::Set { element_ty } => {
                Self::Set(Box::new(Self::new(element_ty, core, names)))
            }
            SchemaType::Record { attrs, open_attrs: false } => {
                let fields = attrs.iter().map(|(name, attribute)| Field {
                    name: name.as_str().into(),
                    required: attribute.is_required(),
                    shape: Self::new(attribute.schema_type(), core, names),
                });
                Self::Record(Fields(fields.collect()))
            }
            SchemaType::Extension { name } => {
                Made::of_type(name).map_or(Self::Other, Self::Extension)
            }
            _ => Self::Other,
        }
    }
}

/// Whether any id of this type is as good as another.
fn is_plain(name: &EntityType, core: &CoreSchema<'_>) -> bool {
    let description = core.entity_type(name);
    !name.is_action() && description.is_none_or(|one| one.enum_entity_eids().is_none())
}
