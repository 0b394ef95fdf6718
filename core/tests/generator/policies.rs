use super::expressions::{expression, uid};
use super::{ACTIONS, Choices, Kind, TYPES, quoted};

/// Policies and templates, and links of the templates.
pub(crate) fn generate(choices: &mut Choices<'_>) -> (String, String) {
    let mut text = String::new();
    let mut links = Vec::new();
    for number in 0..1 + choices.below(7) {
        let effect = choices.one(&["permit", "forbid"]);
        let template = choices.chance(20);
        if number == 0 && choices.chance(25) {
            text.push_str("@id(\"p0\")\npermit (principal, action, resource);\n");
            continue;
        }
        let principal = place(choices, "principal", template);
        let action = action(choices);
        let both = template && choices.chance(70);
        let resource = place(choices, "resource", both);
        if choices.chance(20) {
            let name = choices.one(&["max_gpu", "token_lifetime", "account"]);
            let value = match name {
                "max_gpu" => choices.one(&["1", "2"]),
                "token_lifetime" => choices.one(&["1h", "30m"]),
                _ => choices.one(&["reader", "writer"]),
            };
            text.push_str(&format!("@obligation_{name}(\"{value}\")\n"));
        }
        if choices.chance(10) {
            text.push_str(&format!("@message(\"ask {number}\")\n"));
        }
        text.push_str(&format!("@id(\"p{number}\")\n{effect} ({principal}, {action}, {resource})"));
        for _ in 0..choices.below(3) {
            let word = choices.one(&["when", "unless"]);
            let kind = if choices.chance(3) { Kind::Long } else { Kind::Bool };
            let depth = 1 + choices.below(4);
            text.push_str(&format!("\n{word} {{ {} }}", expression(choices, kind, depth)));
        }
        text.push_str(";\n");
        let slots: Vec<&str> = ["?principal", "?resource"]
            .into_iter()
            .filter(|slot| principal.contains(slot) || resource.contains(slot))
            .collect();
        if !slots.is_empty() {
            for link in 0..choices.below(4) {
                let filled: serde_json::Map<String, serde_json::Value> =
                    slots.iter().map(|slot| ((*slot).to_owned(), uid(choices).into())).collect();
                links.push(serde_json::json!({
                    "template_id": format!("p{number}"),
                    "link_id": format!("link{number}-{link}"),
                    "args": filled,
                }));
            }
        }
    }
    (text, serde_json::Value::from(links).to_string())
}

fn place(choices: &mut Choices<'_>, variable: &str, template: bool) -> String {
    let name = choices.one(&TYPES);
    let uid = if template { format!("?{variable}") } else { uid(choices) };
    match choices.below(if template { 3 } else { 8 }) {
        0 => format!("{variable} == {uid}"),
        1 => format!("{variable} in {uid}"),
        2 => format!("{variable} is {name} in {uid}"),
        3 => format!("{variable} is {name}"),
        _ => variable.to_owned(),
    }
}

fn action(choices: &mut Choices<'_>) -> String {
    let uid = |choices: &mut Choices<'_>| format!("Action::{}", quoted(choices.one(&ACTIONS)));
    match choices.below(6) {
        0 => format!("action == {}", uid(choices)),
        1 => format!("action in {}", uid(choices)),
        2 | 3 => {
            let count = choices.below(4);
            let list: Vec<String> = (0..count).map(|_| uid(choices)).collect();
            format!("action in [{}]", list.join(", "))
        }
        _ => "action".to_owned(),
    }
}
