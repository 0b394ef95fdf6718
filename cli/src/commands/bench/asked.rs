//! A request as a caller holds it: borrowed strings, where it has such a form.

use bumpalo::Bump;
use notegate::engine::Answer;
use notegate::model::{Context, Decision, Limits, Outcome, Timestamp};
use notegate::request::{Given, Question};
use notegate::{Request, Snapshot};
use serde_json::{Map, Value};

/// A request as a caller holds it.
pub(super) struct Asked<'a> {
    request: &'a Request,
    /// None when entities come with it, or a value of its context has no borrowed form here.
    strings: Option<Strings<'a>>,
}

struct Strings<'a> {
    uids: [(&'a str, &'a str); 3],
    context: &'a [(&'a str, Given<'a>)],
}

impl<'a> Asked<'a> {
    pub(super) fn new(request: &'a Request, limits: &Limits, arena: &'a Bump) -> Self {
        let strings = Strings::of(request, arena).filter(|strings| {
            // INVARIANT: what is asked in strings is what the request asks.
            let asked = strings.question().and_then(|question| question.to_request(limits).ok());
            asked.is_some_and(|asked| asked.context() == request.context())
        });
        Self { request, strings }
    }

    /// Whether it is asked in borrowed strings.
    pub(super) fn is_borrowed(&self) -> bool {
        self.strings.is_some()
    }

    pub(super) fn decision(&self, snapshot: &Snapshot) -> Decision {
        self.answer(snapshot)
            .map_or_else(|| snapshot.evaluate(self.request).decision, |answer| answer.decision())
    }

    pub(super) fn outcome(&self, snapshot: &Snapshot) -> Outcome {
        let answer = self.answer(snapshot).map(Answer::into_outcome);
        answer.unwrap_or_else(|| snapshot.evaluate(self.request))
    }

    fn answer<'s>(&self, snapshot: &'s Snapshot) -> Option<Answer<'s>> {
        let question = self.strings.as_ref().and_then(Strings::question)?;
        Some(snapshot.answer(&question))
    }
}

impl<'a> Strings<'a> {
    fn of(request: &'a Request, arena: &'a Bump) -> Option<Self> {
        if request.has_overlay() {
            return None;
        }
        let uids = [request.principal(), request.action(), request.resource()];
        let uids = uids.map(|uid| {
            let type_name: &str = arena.alloc_str(&uid.type_name().to_string());
            (type_name, uid.id().unescaped())
        });
        Some(Self { uids, context: context(request.context(), arena)? })
    }

    fn question(&self) -> Option<Question<'a>> {
        let [principal, action, resource] = self.uids;
        Question::new(principal, action, resource, self.context).ok()
    }
}

fn context<'a>(context: &Context, arena: &'a Bump) -> Option<&'a [(&'a str, Given<'a>)]> {
    match context.to_json_value() {
        Ok(Value::Object(fields)) => record(&fields, arena),
        _ => None,
    }
}

fn record<'a>(fields: &Map<String, Value>, arena: &'a Bump) -> Option<&'a [(&'a str, Given<'a>)]> {
    let field = |(key, value): (&String, &Value)| -> Option<(&'a str, Given<'a>)> {
        Some((arena.alloc_str(key), given(value, arena)?))
    };
    let fields: Vec<_> = fields.iter().map(field).collect::<Option<_>>()?;
    Some(arena.alloc_slice_copy(&fields))
}

fn given<'a>(value: &Value, arena: &'a Bump) -> Option<Given<'a>> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(value) => Given::Bool(*value),
        Value::Number(value) => Given::Long(value.as_i64()?),
        Value::String(text) => Given::Text(arena.alloc_str(text)),
        Value::Array(elements) => {
            let elements = elements.iter().map(|element| given(element, arena));
            Given::Set(arena.alloc_slice_copy(&elements.collect::<Option<Vec<_>>>()?))
        }
        Value::Object(fields) => match (fields.get("__entity"), fields.get("__extn")) {
            (Some(uid), _) => {
                let part = |name: &str| uid.get(name)?.as_str().map(|text| &*arena.alloc_str(text));
                Given::Entity((part("type")?, part("id")?))
            }
            (_, Some(call)) => extension(call.get("fn")?.as_str()?, call.get("arg")?.as_str()?)?,
            _ => Given::Record(record(fields, arena)?),
        },
    })
}

/// The extension values that a caller has in numbers anyway: moments and addresses.
fn extension(function: &str, text: &str) -> Option<Given<'static>> {
    match function {
        "datetime" => Timestamp::parse(text).ok().map(|moment| Given::DateTime(moment.millis())),
        "ip" => {
            let (address, prefix) = match text.split_once('/') {
                Some((address, prefix)) => (address, Some(prefix)),
                None => (text, None),
            };
            let address: std::net::IpAddr = address.parse().ok()?;
            let whole = if address.is_ipv4() { 32 } else { 128 };
            let prefix = prefix.map_or(Ok(whole), str::parse).ok()?;
            Some(Given::Address { address, prefix })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use notegate::adapters::json::RequestJson;
    use notegate::request::Shape;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_request_has_a_borrowed_form_unless_it_brings_entities_or_odd_values() {
        let limits = Limits::default();
        let shape = Shape { schema: None, validate: false, limits, now: None, namespace: None };
        let borrowed = |context: Value, entities: Value| {
            let request = json!({"principal": "N::U::\"a\\n\"", "action": "Action::\"go\"",
                "resource": "R::\"r\"", "context": context, "entities": entities});
            let request = RequestJson::read(&request.to_string(), &shape).unwrap();
            let arena = Bump::new();
            Asked::new(&request, &limits, &arena).is_borrowed()
        };
        let extension = |function: &str, arg: &str| json!({"__extn": {"fn": function, "arg": arg}});
        let all = json!({
            "bool": true, "long": -3, "text": "t", "set": [1, 2], "record": {"of": {"records": 1}},
            "entity": {"__entity": {"type": "N::U", "id": "b"}},
            "at": extension("datetime", "2026-11-23T10:00:00Z"),
            "from": extension("ip", "10.0.0.0/8"), "from6": extension("ip", "::1"),
        });
        assert!(borrowed(json!({}), json!([])));
        assert!(borrowed(all, json!([])));
        assert!(!borrowed(json!({"for": extension("duration", "1h")}), json!([])));
        let entity = json!([{"uid": {"type": "R", "id": "r"}, "attrs": {}, "parents": []}]);
        assert!(!borrowed(json!({}), entity));
    }
}
