use cedar_policy::Entities;
use serde_json::Value;

use super::ours::written;
use super::quoted;

/// How many entities are looked at.
const MOST: usize = 12;

/// How many others each of them is looked for in.
const OTHERS: usize = 4;

/// Policies that ask of entities all that they were read to be, each one thing.
///
/// Also says how many of them must hold.
pub(crate) fn written_for(entities: &Entities) -> (String, usize) {
    let json = entities.to_json_value().unwrap_or_default();
    let mut all: Vec<&Value> = json.as_array().into_iter().flatten().collect();
    all.sort_by_key(|entity| entity["uid"].to_string());
    all.truncate(MOST);
    let mut probes = Probes::default();
    for (at, entity) in all.iter().enumerate() {
        let others = all.iter().cycle().skip(at).step_by(1 + at % 3).take(OTHERS);
        probes.entity(entity, others);
    }
    (probes.text, probes.hold)
}

#[derive(Default)]
struct Probes {
    text: String,
    hold: usize,
}

impl Probes {
    fn entity<'v>(&mut self, entity: &Value, others: impl Iterator<Item = &'v &'v Value>) {
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
        for attribute in ["n", "owner", "", "no such"] {
            self.asks(&format!("{name} has {}", quoted(attribute)));
            self.asks(&format!("{name}.hasTag({})", quoted(attribute)));
        }
        // An entity that is not there, and an attribute that it does not have, are two errors.
        self.asks(&format!("{name}[\"no such\"]"));
        for parent in entity["parents"].as_array().into_iter().flatten() {
            self.holds(&format!("{name} in {}", uid(parent)));
        }
        for other in others {
            self.asks(&format!("{name} in {}", uid(&other["uid"])));
        }
    }

    fn holds(&mut self, condition: &str) {
        self.hold += 1;
        self.text.push_str(&format!(
            "@holds permit (principal, action, resource) when {{ {condition} }};\n"
        ));
    }

    fn asks(&mut self, condition: &str) {
        self.text
            .push_str(&format!("permit (principal, action, resource) when {{ {condition} }};\n"));
    }
}

fn uid(json: &Value) -> String {
    let part = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
    let id: String = part("id").escape_debug().collect();
    format!("{}::\"{}\"", part("type"), id.replace("\\'", "'"))
}
