use cedar_policy::Entities;
use serde_json::Value;

use super::ours::written;
use super::quoted;

/// How many entities are looked at, and how many of each of their kin.
const MOST: usize = 60;

/// Policies that ask of entities all that they were read to be, each one thing.
///
/// Also says how many of them must hold.
pub(crate) fn written_for(entities: &Entities) -> (String, usize) {
    let json = entities.to_json_value().unwrap_or_default();
    let mut all: Vec<&Value> = json.as_array().into_iter().flatten().collect();
    all.sort_by_key(|entity| entity["uid"].to_string());
    all.truncate(MOST);
    let mut probes = Probes::default();
    for entity in &all {
        probes.entity(entity, &all);
    }
    (probes.text, probes.hold)
}

#[derive(Default)]
struct Probes {
    text: String,
    hold: usize,
}

impl Probes {
    fn entity(&mut self, entity: &Value, all: &[&Value]) {
        let name = uid(&entity["uid"]);
        for (attribute, value) in entity["attrs"].as_object().into_iter().flatten() {
            let (attribute, value) = (quoted(attribute), written(value));
            self.holds(&format!("{name}[{attribute}] == {value}"));
            self.asks(&format!("{name}[{attribute}] is User"));
        }
        for (tag, value) in entity["tags"].as_object().into_iter().flatten() {
            let (tag, value) = (quoted(tag), written(value));
            self.holds(&format!("{name}.getTag({tag}) == {value}"));
        }
        for attribute in ["n", "s", "owner", "rec", "if", "", "no such"] {
            self.asks(&format!("{name} has {}", quoted(attribute)));
            self.asks(&format!("{name}.hasTag({})", quoted(attribute)));
        }
        // An entity that is not there, and an attribute that it does not have, are two errors.
        self.asks(&format!("{name}[\"no such\"]"));
        for parent in entity["parents"].as_array().into_iter().flatten() {
            self.holds(&format!("{name} in {}", uid(parent)));
        }
        for other in all {
            self.asks(&format!("{name} in {}", uid(&other["uid"])));
        }
    }

    fn holds(&mut self, condition: &str) {
        self.hold += 1;
        self.text.push_str(&format!("@holds permit (principal, action, resource) when {{ {condition} }};\n"));
    }

    fn asks(&mut self, condition: &str) {
        self.text.push_str(&format!("permit (principal, action, resource) when {{ {condition} }};\n"));
    }
}

fn uid(json: &Value) -> String {
    let part = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
    let id: String = part("id").escape_debug().collect();
    format!("{}::\"{}\"", part("type"), id.replace("\\'", "'"))
}
