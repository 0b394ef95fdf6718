use cedar_policy::{Entities, Entity, Schema};
use serde_json::{Map, Value, json};

use super::{Uid, entities};

/// Why the schema does not allow an entity, or some attributes of one, when it does not.
pub(crate) fn unfit(json: &Value, attributes_of: Option<Uid>, schema: &Schema) -> Option<String> {
    let Some(uid) = attributes_of else {
        // That an entity is in itself is no matter of the schema, unless it is an action.
        let is_action = json["uid"]["type"].as_str().is_some_and(|name| name.ends_with("Action"));
        let cyclic = |error: &String| error.starts_with("TransitiveClosure");
        return refused(json.clone(), schema).filter(|error| is_action || !cyclic(error));
    };
    if uid.0.ends_with("Action") {
        return Some("an action has no attributes of a request's".to_owned());
    }
    // What is missing is where it was, so an attribute is wrong only by its own type: it is put to
    // an entity that has it alone, of which a complaint about another one is none.
    let alone = |attributes: Map<String, Value>| {
        let entity = json!({"uid": entities::uid(uid), "attrs": attributes, "parents": []});
        refused(entity, schema).filter(|error| !error.contains("MissingRequired"))
    };
    let fields = json.as_object()?.iter();
    let each = fields.map(|(name, value)| Map::from_iter([(name.clone(), value.clone())]));
    each.chain([Map::new()]).find_map(alone)
}

fn refused(entity: Value, schema: &Schema) -> Option<String> {
    let entity = Entity::from_json_value(entity, None).expect("an entity of the generator's");
    Entities::from_entities([entity], Some(schema)).err().map(|error| format!("{error:?}"))
}
