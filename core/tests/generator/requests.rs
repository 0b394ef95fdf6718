use serde_json::Value;

use super::entities::{described, parents, uid};
use super::world::{ACTIONS, DECLARED, IDS, World};
use super::{Asked, Choices, Overlay, Uid};

/// How many of each there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    pub(crate) uids: usize,
    pub(crate) contexts: usize,
    pub(crate) overlays: usize,
    /// For so many overlays, how many requests have none.
    pub(crate) plain: usize,
    pub(crate) count: usize,
}

impl Asked {
    pub(crate) fn generate(choices: &mut Choices<'_>, world: &World, spread: Spread) -> Self {
        let Spread { count, plain, .. } = spread;
        let mut asked = Self { count, plain, ..Self::default() };
        let focus = Focus::generate(choices, world);
        for _ in 0..spread.uids {
            let principal = focus.uid(choices, world, |focus| &focus.principals);
            let resource = focus.uid(choices, world, |focus| &focus.resources);
            add(&mut asked.principals, principal);
            add(&mut asked.resources, resource);
            let action = match choices.below(20) {
                0 => ("User", "read"),
                _ if focus.is_kept(choices) => ACTIONS[focus.action],
                _ => world.action(choices),
            };
            add(&mut asked.actions, action);
        }
        for _ in 0..spread.contexts {
            let action = Some(focus.action).filter(|_| focus.is_kept(choices));
            asked.contexts.push(context(choices, world, action));
        }
        for _ in 0..spread.overlays {
            let overlay = overlay(choices, world, &asked);
            asked.overlays.push(overlay);
        }
        asked
    }
}

impl Asked {
    /// Each request in parts.
    pub(crate) fn each(&self) -> impl Iterator<Item = Parts> {
        let sizes = [
            self.principals.len(),
            self.actions.len(),
            self.resources.len(),
            self.contexts.len(),
            self.overlays.len() + self.plain,
        ];
        let total: usize = sizes.iter().product();
        (0..self.count.min(total)).map(move |number| {
            // A step that has no factor in common with the total comes to each once.
            let mut rest = (number * 1_000_003) % total;
            let [principal, action, resource, context, overlay] = sizes.map(|size| {
                let at = rest % size;
                rest /= size;
                at
            });
            Parts {
                principal: self.principals[principal],
                action: self.actions[action],
                resource: self.resources[resource],
                context,
                overlay: overlay.checked_sub(self.plain),
            }
        })
    }
}

/// One request: uids, and the places of its context and of what it says of entities.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts {
    pub(crate) principal: Uid,
    pub(crate) action: Uid,
    pub(crate) resource: Uid,
    pub(crate) context: usize,
    pub(crate) overlay: Option<usize>,
}

fn add(uids: &mut Vec<Uid>, uid: Uid) {
    if !uids.contains(&uid) {
        uids.push(uid);
    }
}

/// An action, and what it applies to: where there is a schema, most requests are about it, since
/// parts picked apart seldom fit together.
struct Focus {
    action: usize,
    principals: Vec<usize>,
    resources: Vec<usize>,
    percent: usize,
}

impl Focus {
    fn generate(choices: &mut Choices<'_>, world: &World) -> Self {
        let applying = world.actions.iter().filter(|action| action.applies.is_some()).count();
        let at = world.actions.len() - 1 - choices.below(applying);
        let action = &world.actions[at];
        let [principals, resources] = action.applies.clone().unwrap_or_default();
        let percent = if world.strict { 75 } else { 55 };
        Self { action: action.place, principals, resources, percent }
    }

    fn is_kept(&self, choices: &mut Choices<'_>) -> bool {
        choices.chance(self.percent)
    }

    fn uid(
        &self,
        choices: &mut Choices<'_>,
        world: &World,
        places: impl Fn(&Self) -> &Vec<usize>,
    ) -> Uid {
        let places = places(self);
        match self.is_kept(choices) && !places.is_empty() {
            true => {
                let place = places[choices.below(places.len())];
                world.uid_of(choices, place)
            }
            false => world.uid(choices),
        }
    }
}

/// A context that this action declares, or some action, or one of all of them together.
fn context(choices: &mut Choices<'_>, world: &World, action: Option<usize>) -> Value {
    let mut fields = serde_json::Map::new();
    let only = choices.chance(if world.strict { 90 } else { 50 }) || action.is_some();
    let one = action.unwrap_or_else(|| choices.below(world.actions.len()));
    for (place, action) in world.actions.iter().enumerate() {
        if !only || place == one {
            fields.extend(world.fields(choices, &action.context, None));
        }
    }
    fields.into()
}

fn overlay(choices: &mut Choices<'_>, world: &World, asked: &Asked) -> Overlay {
    let mut overlay = Overlay::default();
    let mut sent: Vec<Uid> = Vec::new();
    for _ in 0..choices.below(4) {
        let entity = near(choices, world, asked);
        if sent.contains(&entity) {
            continue;
        }
        sent.push(entity);
        let place = DECLARED.iter().position(|name| *name == entity.0);
        let number = IDS.iter().position(|id| *id == entity.1).unwrap_or_default();
        let parents = match place.filter(|_| world.strict && choices.chance(70)) {
            Some(place) => parents(choices, world, place, number),
            None if entity.0.ends_with("Action") => {
                (0..choices.below(3)).map(|_| uid(world.action(choices))).collect()
            }
            None => (0..choices.below(3)).map(|_| uid(world.uid(choices))).collect(),
        };
        overlay.entities.push(described(choices, world, entity, place, parents));
    }
    for _ in 0..choices.below(4) {
        let entity = near(choices, world, asked);
        if overlay.attributes.iter().all(|(other, _)| *other != entity) {
            let place = DECLARED.iter().position(|name| *name == entity.0);
            let described = described(choices, world, entity, place, Vec::new());
            overlay.attributes.push((entity, described["attrs"].clone()));
        }
    }
    overlay
}

/// Often an entity that some request names; now and then an action.
fn near(choices: &mut Choices<'_>, world: &World, asked: &Asked) -> Uid {
    match choices.below(10) {
        0..=2 => asked.principals[choices.below(asked.principals.len())],
        3..=5 => asked.resources[choices.below(asked.resources.len())],
        6 => ACTIONS[choices.below(ACTIONS.len())],
        _ => world.uid(choices),
    }
}
