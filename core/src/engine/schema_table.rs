//! The schema in force, laid out for people.

use cedar_policy_core::ast::EntityUID;
use cedar_policy_core::validator::types::{Attributes, Type};
use cedar_policy_core::validator::{ValidatorActionId, ValidatorEntityType, ValidatorSchema};
use serde::Serialize;

use super::Snapshot;
use super::schema::SCHEMA;
use crate::bundle::Model;

/// What the schema in force declares, each list in the order of names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SchemaTable {
    /// The actions that a request can ask for.
    pub actions: Vec<ActionShape>,
    /// The action groups.
    pub groups: Vec<ActionGroup>,
    /// The entity types.
    pub entity_types: Vec<EntityShape>,
}

/// An action that a request can ask for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ActionShape {
    /// Its uid as policies write it.
    pub uid: String,
    /// Its id alone.
    pub id: String,
    /// The uids of the action groups it is in.
    pub groups: Vec<String>,
    /// The entity types that may ask for it.
    pub principal_types: Vec<String>,
    /// The entity types it may be asked for.
    pub resource_types: Vec<String>,
    /// What its context may hold.
    pub context: Vec<AttributeShape>,
}

/// An action group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ActionGroup {
    /// Its uid as policies write it.
    pub uid: String,
    /// Its id alone.
    pub id: String,
    /// The uids of the actions and groups in it, the indirect ones too.
    pub members: Vec<String>,
}

/// An entity type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EntityShape {
    /// Its name with its namespace.
    pub name: String,
    /// The types of entities that one of it may be in, the indirect ones too.
    pub ancestors: Vec<String>,
    /// Its attributes.
    pub attributes: Vec<AttributeShape>,
    /// The type of its tags, when it has any.
    pub tags: Option<String>,
    /// The comment above its declaration.
    pub comment: Option<String>,
}

/// An attribute of an entity type or of a context.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AttributeShape {
    /// Its name.
    pub name: String,
    /// Its type; that of a record is written out.
    pub type_name: String,
    /// Whether it is always there.
    pub required: bool,
}

impl Snapshot {
    /// The schema in force, laid out for people; `None` for loose texts without one.
    #[must_use]
    pub fn schema_table(&self) -> Option<SchemaTable> {
        let schema: &ValidatorSchema = self.schema.as_deref()?.as_ref();
        let text = self.schema_text().unwrap_or_default();
        let is_group = |action: &&ValidatorActionId| action.descendants().next().is_some();
        let mut actions: Vec<ActionShape> = schema
            .action_ids()
            .filter(|one| !is_group(one))
            .map(|one| action(one, schema))
            .collect();
        actions.sort_unstable_by(|one, other| one.uid.cmp(&other.uid));
        let mut groups: Vec<ActionGroup> = schema
            .action_ids()
            .filter(is_group)
            .map(|one| ActionGroup {
                uid: one.name().to_string(),
                id: id(one.name()),
                members: sorted(one.descendants()),
            })
            .collect();
        groups.sort_unstable_by(|one, other| one.uid.cmp(&other.uid));
        let types = schema.entity_types().map(|one| entity_type(one, schema, &text));
        let mut entity_types: Vec<EntityShape> = types.collect();
        entity_types.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        Some(SchemaTable { actions, groups, entity_types })
    }

    /// The text of the schema in force: the shipped part, then the bundle's own; `None` for loose
    /// texts without one.
    #[must_use]
    pub fn schema_text(&self) -> Option<String> {
        let own = self.own_schema.as_ref().map(|member| &*member.text);
        match (self.model, own) {
            (Model::Own, own) => own.map(str::to_owned),
            (Model::Notebook, None) => Some(SCHEMA.to_owned()),
            (Model::Notebook, Some(own)) => Some([SCHEMA, own].join("\n")),
        }
    }
}

fn action(action: &ValidatorActionId, schema: &ValidatorSchema) -> ActionShape {
    let groups = schema
        .action_ids()
        .filter(|group| group.descendants().any(|member| member == action.name()))
        .map(ValidatorActionId::name);
    ActionShape {
        uid: action.name().to_string(),
        id: id(action.name()),
        groups: sorted(groups),
        principal_types: sorted(action.applies_to_principals()),
        resource_types: sorted(action.applies_to_resources()),
        context: match action.context_type() {
            Some(Type::Record { attrs, .. }) => attributes(attrs),
            _ => Vec::new(),
        },
    }
}

fn entity_type(one: &ValidatorEntityType, schema: &ValidatorSchema, text: &str) -> EntityShape {
    let above = schema.entity_types().filter(|other| other.has_descendant_entity_type(one.name()));
    let namespace = one.name().name().as_ref().namespace();
    let name = one.name().name().basename_as_ref().to_string();
    EntityShape {
        name: one.name().to_string(),
        ancestors: sorted(above.map(ValidatorEntityType::name)),
        attributes: attributes(one.attributes()),
        tags: one.tag_type().map(type_name),
        comment: comment(text, &namespace, &name),
    }
}

fn attributes(attributes: &Attributes) -> Vec<AttributeShape> {
    let shapes = attributes.iter().map(|(name, attribute)| AttributeShape {
        name: name.to_string(),
        type_name: type_name(&attribute.attr_type),
        required: attribute.is_required(),
    });
    shapes.collect()
}

/// A type as a schema would write it.
fn type_name(of: &Type) -> String {
    match of {
        Type::Set { element_type: Some(element) } => ["Set<", &type_name(element), ">"].concat(),
        Type::Record { attrs, .. } => {
            let fields = attributes(attrs).into_iter().map(|field| {
                let mark = if field.required { ": " } else { "?: " };
                [&field.name, mark, &field.type_name].concat()
            });
            ["{", &fields.collect::<Vec<_>>().join(", "), "}"].concat()
        }
        other => other.to_string(),
    }
}

/// The comment lines right above the declaration of an entity type, in a text of several
/// namespaces. A declaration that does not start its line is not found, which costs a comment.
fn comment(text: &str, namespace: &str, name: &str) -> Option<String> {
    let (mut inside, mut lines) = (String::new(), Vec::new());
    for line in text.lines().map(str::trim) {
        if let Some(comment) = line.strip_prefix("//") {
            lines.push(comment.trim_start_matches('/').trim());
            continue;
        }
        let mut words = line.split(|char: char| char.is_whitespace() || ",;{=".contains(char));
        match words.next() {
            Some("namespace") => inside = words.next().unwrap_or_default().to_owned(),
            Some("entity") if inside == namespace => {
                let names = words.take_while(|word| !["in", "enum", "tags"].contains(word));
                if names.take(64).any(|word| word == name) && !lines.is_empty() {
                    return Some(lines.join(" "));
                }
            }
            _ => {}
        }
        lines.clear();
    }
    None
}

fn id(uid: &EntityUID) -> String {
    AsRef::<str>::as_ref(uid.eid()).to_owned()
}

fn sorted<T: ToString>(names: impl Iterator<Item = T>) -> Vec<String> {
    let mut names: Vec<String> = names.map(|name| name.to_string()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::Bundle;
    use crate::engine::Options;
    use crate::model::Limits;

    fn snapshot(own: Option<&str>) -> Snapshot {
        let own = own.map(|text| ("schema.cedarschema".to_owned(), text.as_bytes().to_vec()));
        let members = [("a.cedar".to_owned(), Vec::new())].into_iter().chain(own);
        let bundle = Bundle::from_members(members, &Limits::default()).unwrap();
        Snapshot::build(&bundle, Options::default()).unwrap()
    }

    #[test]
    fn actions_are_listed_with_groups_types_and_context() {
        let table = snapshot(None).schema_table().unwrap();
        let start = table.actions.iter().find(|action| action.id == "server:start").unwrap();
        assert_eq!(start.uid, "Notebook::Action::\"server:start\"");
        assert_eq!(start.groups, ["Notebook::Action::\"execute\""]);
        assert!(start.principal_types.contains(&"Notebook::User".to_owned()));
        let now = start.context.iter().find(|attribute| attribute.name == "now").unwrap();
        assert_eq!((now.type_name.as_str(), now.required), ("datetime", true));
        let wanted = start.context.iter().find(|one| one.name == "requestedResources").unwrap();
        assert_eq!(wanted.type_name, "{cpu?: Long, gpu?: Long, memory?: Long}");
        let ids: Vec<&str> = table.groups.iter().map(|group| group.id.as_str()).collect();
        assert_eq!(ids, ["admin", "execute", "read", "write"]);
        assert!(table.actions.iter().all(|action| !ids.contains(&action.id.as_str())));
    }

    #[test]
    fn entity_types_carry_the_comment_above_them() {
        let own = "namespace Lab {\n// A robot.\nentity Robot, Arm in [Notebook::Group] = { speed?: Long };\n}";
        let snapshot = snapshot(Some(own));
        let table = snapshot.schema_table().unwrap();
        let find = |name: &str| table.entity_types.iter().find(|one| one.name == name).unwrap();
        assert_eq!(find("Lab::Arm").comment.as_deref(), Some("A robot."));
        assert_eq!(find("Lab::Arm").ancestors, ["Notebook::Group", "Notebook::Tenant"]);
        assert_eq!(find("Lab::Robot").attributes[0].type_name, "Long");
        assert_eq!(find("Notebook::Group").tags.as_deref(), Some("String"));
        assert!(find("Notebook::Group").comment.as_ref().unwrap().starts_with("A hub group."));
        let text = snapshot.schema_text().unwrap();
        assert!(text.starts_with(SCHEMA) && text.ends_with(own));
    }
}
