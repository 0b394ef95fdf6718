//! Forms that texts in no bundle may have: policies in the language's JSON, and template links.

use std::collections::HashMap;

use cedar_policy::{EntityUid, Policy, PolicyId, PolicySet, SlotId, Template};
use serde::Deserialize;

use super::{Reading, refused, whole};
use crate::bundle::Member;
use crate::model::{LoadError, LoadErrorKind, Problem};

impl Reading<'_> {
    /// Cedar's JSON form of a policy set, or of one policy or template.
    pub(super) fn json(&mut self, member: &Member) -> Result<(), LoadError> {
        let syntax = |error: serde_json::Error| {
            let problem = Problem::error("policy.syntax", error.to_string());
            LoadError::new(LoadErrorKind::Policy, problem.file(&member.name, &member.text))
        };
        let json: serde_json::Value = serde_json::from_str(&member.text).map_err(syntax)?;
        if json.get("effect").is_some() {
            let id = PolicyId::new(format!("policy{}", self.count));
            if let Ok(policy) = Policy::from_json(Some(id.clone()), json.clone()) {
                let id = policy.annotation("id").map_or(id, PolicyId::new);
                return self.add(id, whole(member), |set, id| set.add(policy.new_id(id)));
            }
            let template = Template::from_json(Some(id.clone()), json)
                .map_err(|error| refused("policy.syntax", &error, member))?;
            let id = template.annotation("id").map_or(id, PolicyId::new);
            return self.add(id, whole(member), |set, id| set.add_template(template.new_id(id)));
        }
        let parsed = PolicySet::from_json_value(json)
            .map_err(|error| refused("policy.syntax", &error, member))?;
        for template in parsed.templates() {
            let id = template.id().clone();
            self.add(id, whole(member), |set, id| set.add_template(template.new_id(id)))?;
        }
        for policy in parsed.policies() {
            match (policy.template_id(), policy.template_links()) {
                (Some(template), Some(values)) => {
                    let template = template.clone();
                    self.add(policy.id().clone(), whole(member), |set, id| {
                        set.link(template, id, values)
                    })?;
                }
                _ => self.add(policy.id().clone(), whole(member), |set, id| {
                    set.add(policy.new_id(id))
                })?,
            }
        }
        Ok(())
    }

    /// Template links in the form of the stock command line.
    pub(super) fn links(&mut self, member: &Member) -> Result<(), LoadError> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Link {
            template_id: String,
            link_id: String,
            args: HashMap<String, String>,
        }
        let wrong = |message: String| {
            let problem = Problem::error("policy.link", message).file(&member.name, &member.text);
            LoadError::new(LoadErrorKind::Policy, problem)
        };
        let links: Vec<Link> =
            serde_json::from_str(&member.text).map_err(|error| wrong(error.to_string()))?;
        for link in links {
            let mut values = HashMap::new();
            for (slot, uid) in link.args {
                let slot = match slot.as_str() {
                    "?principal" => SlotId::principal(),
                    "?resource" => SlotId::resource(),
                    other => {
                        let other = other.escape_debug();
                        return Err(wrong(format!("`{other}` is not a slot")));
                    }
                };
                let uid: EntityUid = uid
                    .parse()
                    .map_err(|_| wrong(format!("`{}` is not an entity uid", uid.escape_debug())))?;
                values.insert(slot, uid);
            }
            let template = PolicyId::new(link.template_id);
            let place = self.places.get(&template).cloned().unwrap_or_else(|| whole(member));
            self.add(PolicyId::new(link.link_id), place, |set, id| set.link(template, id, values))?;
        }
        Ok(())
    }
}
