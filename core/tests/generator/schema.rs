use super::world::{ACTIONS, Attribute, DECLARED, IDS, Kind, LISTED, World};
use super::{Uid, quoted};

/// The world as a schema in the language's own syntax.
pub(crate) fn written(world: &World) -> String {
    let [record, deep] = &world.records;
    let mut text = format!("type Deep = {};\n", fields(deep, Some(1)));
    text.push_str(&format!("type Inner = {};\n", fields(record, Some(0))));
    for namespace in ["", "Lab", "Lab::Sub"] {
        let mut inside = String::new();
        for (place, entity) in world.types.iter().enumerate() {
            let (space, name) = entity.name.rsplit_once("::").unwrap_or(("", entity.name));
            if space != namespace {
                continue;
            }
            if place == LISTED {
                let ids: Vec<String> = IDS.iter().take(3).map(|id| quoted(id)).collect();
                inside.push_str(&format!("entity {name} enum [{}];\n", ids.join(", ")));
                continue;
            }
            let parents: Vec<&str> =
                entity.parents.iter().map(|parent| DECLARED[*parent]).collect();
            let parents = match parents.as_slice() {
                [] => String::new(),
                parents => format!(" in [{}]", parents.join(", ")),
            };
            let tags = entity.tags.map_or(String::new(), |kind| format!(" tags {}", tag(kind)));
            let attributes = fields(&entity.attributes, None);
            inside.push_str(&format!("entity {name}{parents} = {attributes}{tags};\n"));
        }
        for action in &world.actions {
            let (space, id) = split(ACTIONS[action.place]);
            if space == namespace {
                inside.push_str(&action_line(action, id));
            }
        }
        match namespace {
            "" => text.push_str(&inside),
            _ => text.push_str(&format!("namespace {namespace} {{\n{inside}}}\n")),
        }
    }
    text
}

fn action_line(action: &super::world::ActionKind, id: &str) -> String {
    let groups: Vec<String> = action
        .groups
        .iter()
        .map(|group| format!("{}::{}", ACTIONS[*group].0, quoted(ACTIONS[*group].1)))
        .collect();
    let groups = match groups.as_slice() {
        [] => String::new(),
        groups => format!(" in [{}]", groups.join(", ")),
    };
    let applies = action.applies.as_ref().map_or(String::new(), |[principals, resources]| {
        let names = |places: &[usize]| {
            places.iter().map(|place| DECLARED[*place]).collect::<Vec<_>>().join(", ")
        };
        format!(
            " appliesTo {{ principal: [{}], resource: [{}], context: {} }}",
            names(principals),
            names(resources),
            fields(&action.context, None)
        )
    });
    format!("action {}{groups}{applies};\n", quoted(id))
}

/// The namespace of an action, and its id.
fn split((name, id): Uid) -> (&'static str, &'static str) {
    (name.strip_suffix("::Action").unwrap_or(""), id)
}

fn fields(attributes: &[Attribute], inside: Option<usize>) -> String {
    let fields: Vec<String> = attributes
        .iter()
        .map(|attribute| {
            let mark = if attribute.required { "" } else { "?" };
            format!("{}{mark}: {}", quoted(attribute.name), type_of(attribute, inside))
        })
        .collect();
    format!("{{{}}}", fields.join(", "))
}

fn tag(kind: Kind) -> String {
    type_of(&Attribute { name: "", kind, of: 0, required: true }, None)
}

fn type_of(attribute: &Attribute, inside: Option<usize>) -> String {
    match attribute.kind {
        Kind::Bool => "Bool".to_owned(),
        Kind::Long => "Long".to_owned(),
        Kind::Text => "String".to_owned(),
        Kind::Entity => DECLARED[attribute.of].to_owned(),
        Kind::Record => ["Inner", "Deep"][attribute.record(inside)].to_owned(),
        Kind::Texts => "Set<String>".to_owned(),
        Kind::Entities => format!("Set<{}>", DECLARED[attribute.of]),
        Kind::Mixed => match attribute.of {
            0 => "Set<Long>",
            1 => "Set<Set<Long>>",
            2 => "Set<decimal>",
            3 => "Set<{\"n\": Long}>",
            _ => "Set<ipaddr>",
        }
        .to_owned(),
        Kind::Address => "ipaddr".to_owned(),
        Kind::Decimal => "decimal".to_owned(),
        Kind::Moment => "datetime".to_owned(),
        Kind::Duration => "duration".to_owned(),
    }
}
