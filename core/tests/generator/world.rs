use super::{Choices, Uid};

/// Types that a world may declare.
pub(crate) const DECLARED: [&str; 5] =
    ["User", "Lab::Group", "Lab::Doc", "Lab::Sub::Doc", "Lab::Level"];

/// Types that no schema declares; stored entities may have the first.
pub(crate) const UNDECLARED: [&str; 2] = ["Lab::Sub::User", "Ghost"];

/// The type that lists its ids, where there is a schema.
pub(crate) const LISTED: usize = 4;

/// Ids that stored entities have, and in the end some that they may not.
pub(crate) const IDS: [&str; 9] =
    ["a", "b", "c", "", "x\"] || true || [\"", "é", "A", "a\\", "ghost"];

/// Actions; the last is in no schema and in no store.
pub(crate) const ACTIONS: [Uid; 9] = [
    ("Action", "all"),
    ("Lab::Action", "ops"),
    ("Action", "group"),
    ("Action", "read"),
    ("Action", "write"),
    ("Lab::Action", "scan"),
    ("Action", "other"),
    ("Action", ""),
    ("Action", "unknown"),
];

const NAMES: [&str; 20] = [
    "n",
    "b",
    "s",
    "owner",
    "rec",
    "names",
    "friends",
    "ip",
    "dec",
    "when",
    "for",
    "mixed",
    "m",
    "other",
    "has space",
    "inner",
    "absent",
    "if",
    "",
    "é",
];

/// What an expression is meant to be; now and then it is something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Long,
    Text,
    Entity,
    Record,
    Texts,
    Entities,
    Mixed,
    Address,
    Decimal,
    Moment,
    Duration,
}

pub(crate) const KINDS: [Kind; 12] = [
    Kind::Bool,
    Kind::Long,
    Kind::Text,
    Kind::Entity,
    Kind::Record,
    Kind::Texts,
    Kind::Entities,
    Kind::Mixed,
    Kind::Address,
    Kind::Decimal,
    Kind::Moment,
    Kind::Duration,
];

/// An attribute of an entity, of a record or of a context.
#[derive(Debug, Clone)]
pub(crate) struct Attribute {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The type of the entities in it; of a set that is mixed, what sort of set it is.
    pub(crate) of: usize,
    pub(crate) required: bool,
}

impl Attribute {
    /// Which of the world's records it is, inside of an entity or of one of those records.
    pub(crate) fn record(&self, inside: Option<usize>) -> usize {
        usize::from(inside.is_some() || self.name == "inner")
    }
}

/// A type of entity.
#[derive(Debug)]
pub(crate) struct EntityKind {
    pub(crate) name: &'static str,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) tags: Option<Kind>,
    /// Types that these entities may be in, by their place.
    pub(crate) parents: Vec<usize>,
}

/// An action, by its place in [`ACTIONS`].
#[derive(Debug)]
pub(crate) struct ActionKind {
    pub(crate) place: usize,
    pub(crate) groups: Vec<usize>,
    /// Types of principals and of resources; none for a group.
    pub(crate) applies: Option<[Vec<usize>; 2]>,
    pub(crate) context: Vec<Attribute>,
}

/// What there is to speak of.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) types: Vec<EntityKind>,
    pub(crate) actions: Vec<ActionKind>,
    /// The fields of a record, and those of the record in it.
    pub(crate) records: [Vec<Attribute>; 2],
    /// Whether everything is as it is declared.
    pub(crate) strict: bool,
}

impl World {
    pub(crate) fn generate(choices: &mut Choices<'_>, strict: bool) -> Self {
        let count = DECLARED.len();
        let deep = attributes(choices, 5, count, &[Kind::Record]);
        let record = attributes(choices, 7, count, &[]);
        let types = DECLARED.iter().enumerate().map(|(place, name)| EntityKind {
            name,
            attributes: match place {
                LISTED if strict => Vec::new(),
                _ => attributes(choices, 14, count, &[]),
            },
            tags: choices
                .chance(70)
                .then(|| [Kind::Text, Kind::Long, Kind::Entity, Kind::Texts][choices.below(4)])
                .filter(|_| !(strict && place == LISTED)),
            parents: (0..count)
                .filter(|parent| (*parent == 1 || choices.chance(30)) && *parent != LISTED)
                .filter(|_| place != LISTED)
                .collect(),
        });
        let types = types.collect();
        let actions = (0..ACTIONS.len() - 1).map(|place| {
            let groups = (0..place.min(3)).filter(|_| choices.chance(45)).collect();
            let applies = (place >= 3).then(|| {
                [(); 2].map(|()| {
                    let first = choices.below(count);
                    let more = (0..count).filter(|_| choices.chance(30));
                    let mut types: Vec<usize> = more.chain([first]).collect();
                    types.sort_unstable();
                    types.dedup();
                    types
                })
            });
            let context = match applies {
                Some(_) => attributes(choices, 12, count, &[]),
                None => Vec::new(),
            };
            ActionKind { place, groups, applies, context }
        });
        let actions = actions.collect();
        Self { types, actions, records: [record, deep], strict }
    }

    /// Any type's name.
    pub(crate) fn type_name(&self, choices: &mut Choices<'_>) -> &'static str {
        match choices.below(if self.strict { 20 } else { 7 }) {
            place if place < DECLARED.len() => DECLARED[place],
            place if self.strict && place < 19 => DECLARED[place % DECLARED.len()],
            place => UNDECLARED[place % 2],
        }
    }

    /// Any entity's uid.
    pub(crate) fn uid(&self, choices: &mut Choices<'_>) -> Uid {
        let name = self.type_name(choices);
        (name, choices.one(&IDS))
    }

    /// An entity of a type, by the place of the type.
    pub(crate) fn uid_of(&self, choices: &mut Choices<'_>, place: usize) -> Uid {
        let ids = if place == LISTED && self.strict { 3 } else { IDS.len() };
        (DECLARED[place], IDS[choices.below(ids)])
    }

    pub(crate) fn action(&self, choices: &mut Choices<'_>) -> Uid {
        match ACTIONS.get(choices.below(ACTIONS.len() + 1)) {
            Some(action) => *action,
            // The id of one and the type of another.
            None => ("Lab::Action", "read"),
        }
    }
}

/// Up to so many attributes, some of these kinds left out.
fn attributes(
    choices: &mut Choices<'_>,
    most: usize,
    types: usize,
    without: &[Kind],
) -> Vec<Attribute> {
    let mut attributes: Vec<Attribute> = Vec::new();
    for _ in 0..most / 3 + choices.below(most) {
        // The first names have kinds of their own, so that many worlds have much in common.
        let place = choices.below(NAMES.len());
        let usual = KINDS_BY_NAME.get(place).copied().filter(|_| !choices.chance(15));
        let kind = usual.unwrap_or_else(|| KINDS[choices.below(KINDS.len())]);
        let name = NAMES[place];
        if without.contains(&kind) || attributes.iter().any(|other| other.name == name) {
            continue;
        }
        let (of, required) = (choices.below(types), choices.chance(65));
        attributes.push(Attribute { name, kind, of, required });
    }
    attributes
}

const KINDS_BY_NAME: [Kind; 16] = [
    Kind::Long,
    Kind::Bool,
    Kind::Text,
    Kind::Entity,
    Kind::Record,
    Kind::Texts,
    Kind::Entities,
    Kind::Address,
    Kind::Decimal,
    Kind::Moment,
    Kind::Duration,
    Kind::Mixed,
    Kind::Long,
    Kind::Entity,
    Kind::Text,
    Kind::Record,
];
