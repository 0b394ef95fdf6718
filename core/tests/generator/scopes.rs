use super::expressions::{Known, written};
use super::world::{ACTIONS, DECLARED, World};
use super::{Choices, Uid};

/// What a scope says of a principal or a resource.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    Any,
    Equal(Named),
    In(Named),
    Is(&'static str),
    IsIn(&'static str, Named),
}

/// An entity that a scope names; none is a slot.
pub(crate) type Named = Option<Uid>;

/// What a scope says of an action.
#[derive(Debug, Clone)]
pub(crate) enum Action {
    Any,
    Equal(Uid),
    In(Uid),
    InAny(Vec<Uid>),
}

/// The scope of a policy or template.
#[derive(Debug, Clone)]
pub(crate) struct Scope {
    pub(crate) principal: Place,
    pub(crate) action: Action,
    pub(crate) resource: Place,
}

impl Scope {
    /// Any scope; `tight` ones seldom leave a part open.
    pub(crate) fn generate(choices: &mut Choices<'_>, world: &World, tight: bool) -> Self {
        let template = choices.chance(20);
        let principal = Place::generate(choices, world, template, tight);
        let action = Action::generate(choices, world, tight);
        let both = template && choices.chance(70);
        let tight = tight && choices.chance(60);
        let resource = Place::generate(choices, world, both, tight);
        Self { principal, action, resource }
    }

    /// A scope of which the types are known, and what is known of them.
    pub(crate) fn fitting(choices: &mut Choices<'_>, world: &World) -> (Self, Known) {
        let applying: Vec<_> =
            world.actions.iter().filter(|action| action.applies.is_some()).collect();
        let action = applying[choices.below(applying.len())];
        let [principals, resources] = action.applies.as_ref().expect("it applies to something");
        let principal = principals[choices.below(principals.len())];
        let resource = resources[choices.below(resources.len())];
        let template = choices.chance(20);
        let place = |choices: &mut Choices<'_>, of: usize| {
            let parents = &world.types[of].parents;
            let parent = parents.get(choices.below(parents.len())).copied().unwrap_or(of);
            match choices.below(4) {
                0 if template => Place::IsIn(DECLARED[of], None),
                0 => Place::IsIn(DECLARED[of], Some(world.uid_of(choices, parent))),
                1 => Place::Equal((!template).then(|| world.uid_of(choices, of))),
                _ => Place::Is(DECLARED[of]),
            }
        };
        let known = Known {
            principal: Some(principal),
            action: Some(action.place),
            resource: Some(resource),
        };
        let uid = ACTIONS[action.place];
        let action = if choices.chance(50) { Action::Equal(uid) } else { Action::InAny(vec![uid]) };
        let (principal, resource) = (place(choices, principal), place(choices, resource));
        (Self { principal, action, resource }, known)
    }

    /// Which slots it has.
    pub(crate) fn slots(&self) -> Vec<&'static str> {
        let slots = [("?principal", self.principal), ("?resource", self.resource)];
        slots.into_iter().filter(|(_, place)| place.is_slot()).map(|(slot, _)| slot).collect()
    }

    /// As it is written before the conditions.
    pub(crate) fn written(&self) -> String {
        let principal = self.principal.written("principal", "?principal");
        let resource = self.resource.written("resource", "?resource");
        format!("({principal}, {}, {resource})", self.action.written())
    }

    /// The same as a condition, with these entities in its slots.
    pub(crate) fn as_condition(&self, principal: Named, resource: Named) -> String {
        let of = |place: Place, named| match place {
            Place::Equal(None) => Place::Equal(named),
            Place::In(None) => Place::In(named),
            Place::IsIn(name, None) => Place::IsIn(name, named),
            other => other,
        };
        let principal = of(self.principal, principal).written("principal", "");
        let resource = of(self.resource, resource).written("resource", "");
        let parts = [principal, self.action.written(), resource].into_iter();
        let open = ["principal", "action", "resource"];
        let parts: Vec<String> = parts.filter(|part| !open.contains(&part.as_str())).collect();
        if parts.is_empty() { "true".to_owned() } else { parts.join(" && ") }
    }
}

impl Place {
    fn generate(choices: &mut Choices<'_>, world: &World, template: bool, tight: bool) -> Self {
        let name = world.type_name(choices);
        let named = (!template).then(|| world.uid(choices));
        match choices.below(if template { 3 } else { 8 }) {
            0 => Self::Equal(named),
            1 => Self::In(named),
            2 => Self::IsIn(name, named),
            3 => Self::Is(name),
            4 if tight => Self::Equal(named),
            5 | 6 if tight => Self::In(named),
            _ => Self::Any,
        }
    }

    fn is_slot(self) -> bool {
        matches!(self, Self::Equal(None) | Self::In(None) | Self::IsIn(_, None))
    }

    fn written(self, variable: &str, slot: &str) -> String {
        let named = |named: Named| named.map_or_else(|| slot.to_owned(), written);
        match self {
            Self::Any => variable.to_owned(),
            Self::Equal(uid) => format!("{variable} == {}", named(uid)),
            Self::In(uid) => format!("{variable} in {}", named(uid)),
            Self::Is(name) => format!("{variable} is {name}"),
            Self::IsIn(name, uid) => format!("{variable} is {name} in {}", named(uid)),
        }
    }
}

impl Action {
    fn generate(choices: &mut Choices<'_>, world: &World, tight: bool) -> Self {
        match choices.below(6) {
            0 => Self::Equal(world.action(choices)),
            1 => Self::In(world.action(choices)),
            2 | 3 => {
                let count = choices.below(4);
                Self::InAny((0..count).map(|_| world.action(choices)).collect())
            }
            4 if tight => Self::In(world.action(choices)),
            _ => Self::Any,
        }
    }

    fn written(&self) -> String {
        match self {
            Self::Any => "action".to_owned(),
            Self::Equal(uid) => format!("action == {}", written(*uid)),
            Self::In(uid) => format!("action in {}", written(*uid)),
            Self::InAny(uids) => {
                let uids: Vec<String> = uids.iter().map(|uid| written(*uid)).collect();
                format!("action in [{}]", uids.join(", "))
            }
        }
    }
}
