use super::values::{ADDRESSES, DECIMALS, DURATIONS, LONGS, MOMENTS, TEXTS};
use super::world::{ACTIONS, Attribute, DECLARED, KINDS, Kind, World};
use super::{Choices, quoted};

const BAD: [&str; 8] =
    ["", "1.2.3.4/33", "1.23456", "2024-13-01", "1x", "10.0.0.01", "::1/129", "92233720368547758h"];

/// What a scope says of the types of a request: places of types, and of the action.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Known {
    pub(crate) principal: Option<usize>,
    pub(crate) action: Option<usize>,
    pub(crate) resource: Option<usize>,
}

/// Writes expressions.
#[derive(Debug)]
pub(crate) struct Expressions<'w> {
    pub(crate) world: &'w World,
    pub(crate) known: Known,
    /// Whether they are to fit the schema, which forbids most of what goes astray here.
    pub(crate) fitting: bool,
    /// What has to be asked before, for the rest to fit.
    pub(crate) needs: Vec<String>,
}

impl Expressions<'_> {
    /// An expression that is meant to be of a kind.
    pub(crate) fn write(&mut self, choices: &mut Choices<'_>, kind: Kind, depth: usize) -> String {
        if depth == 0 || choices.is_empty() {
            return self.leaf(choices, kind);
        }
        let astray = !self.fitting && choices.chance(4);
        let kind = if astray { KINDS[choices.below(KINDS.len())] } else { kind };
        let below = depth - 1;
        match choices.below(12) {
            0 | 1 => return self.leaf(choices, kind),
            2 | 3 => return self.attribute(choices, kind, below),
            4 => {
                let test = self.write(choices, Kind::Bool, below);
                let (then, otherwise) =
                    (self.write(choices, kind, below), self.write(choices, kind, below));
                return format!("(if {test} then {then} else {otherwise})");
            }
            _ => {}
        }
        match kind {
            Kind::Bool => self.condition(choices, below),
            Kind::Long => self.long(choices, below),
            Kind::Text | Kind::Entity if choices.chance(35) => self.tag(choices, below),
            Kind::Text | Kind::Entity => self.attribute(choices, kind, below),
            Kind::Record => self.record(choices, below),
            Kind::Texts => self.set(choices, Kind::Text, below),
            Kind::Entities => self.set(choices, Kind::Entity, below),
            Kind::Mixed => self.mixed(choices, below),
            Kind::Address => self.made(choices, "ip", &ADDRESSES, below),
            Kind::Decimal => self.made(choices, "decimal", &DECIMALS, below),
            Kind::Moment => match choices.below(3) {
                0 => self.made(choices, "datetime", &MOMENTS, below),
                1 => format!("{}.toDate()", self.write(choices, kind, below)),
                _ => {
                    let moment = self.write(choices, Kind::Moment, below);
                    format!("{moment}.offset({})", self.write(choices, Kind::Duration, below))
                }
            },
            Kind::Duration => match choices.below(3) {
                0 => self.made(choices, "duration", &DURATIONS, below),
                1 => format!("{}.toTime()", self.write(choices, Kind::Moment, below)),
                _ => {
                    let moment = self.write(choices, Kind::Moment, below);
                    format!("{moment}.durationSince({})", self.write(choices, Kind::Moment, below))
                }
            },
        }
    }

    fn long(&mut self, choices: &mut Choices<'_>, below: usize) -> String {
        match choices.below(5) {
            0 => format!("(-({}))", self.write(choices, Kind::Long, below)),
            1 => {
                let units = ["toMilliseconds", "toSeconds", "toMinutes", "toHours", "toDays"];
                let unit = choices.one(&units);
                format!("{}.{unit}()", self.write(choices, Kind::Duration, below))
            }
            2 if !self.fitting => self.tag(choices, below),
            _ => {
                let operator = choices.one(&["+", "-", "*"]);
                let one = self.write(choices, Kind::Long, below);
                format!("({one} {operator} {})", self.write(choices, Kind::Long, below))
            }
        }
    }

    fn tag(&mut self, choices: &mut Choices<'_>, below: usize) -> String {
        let of = self.write(choices, Kind::Entity, below);
        let name = self.write(choices, Kind::Text, below);
        self.need(format!("{of}.hasTag({name})"));
        format!("{of}.getTag({name})")
    }

    fn record(&mut self, choices: &mut Choices<'_>, below: usize) -> String {
        let mut names: Vec<&str> = Vec::new();
        let mut fields = Vec::new();
        for _ in 0..choices.below(4) {
            let attribute = self.any_attribute(choices);
            let (name, kind) = (attribute.name, attribute.kind);
            if !names.contains(&name) {
                names.push(name);
                fields.push(format!("{}: {}", quoted(name), self.write(choices, kind, below)));
            }
        }
        format!("{{{}}}", fields.join(", "))
    }

    fn set(&mut self, choices: &mut Choices<'_>, of: Kind, below: usize) -> String {
        let count = if choices.chance(10) { 12 } else { choices.below(4) };
        let count = if self.fitting { count.max(1) } else { count };
        let elements: Vec<String> =
            (0..count).map(|_| self.write(choices, of, below.min(1))).collect();
        let twice = elements.first().cloned().filter(|_| choices.chance(25));
        let elements: Vec<String> = elements.into_iter().chain(twice).collect();
        format!("[{}]", elements.join(", "))
    }

    fn mixed(&mut self, choices: &mut Choices<'_>, below: usize) -> String {
        let kind = KINDS[choices.below(KINDS.len())];
        let one = self.set(choices, kind, below);
        if self.fitting || choices.chance(50) {
            return one;
        }
        let two = KINDS[choices.below(KINDS.len())];
        format!("[{}, {one}, {}]", self.write(choices, two, below), self.fixed(choices, two))
    }

    fn made(
        &mut self,
        choices: &mut Choices<'_>,
        name: &str,
        texts: &[&str],
        below: usize,
    ) -> String {
        match choices.below(6) {
            0 if !self.fitting => format!("{name}({})", self.write(choices, Kind::Text, below)),
            1 if !self.fitting => format!("{name}({})", quoted(choices.one(&BAD))),
            _ => format!("{name}({})", quoted(choices.one(texts))),
        }
    }

    /// An attribute that is meant to be of a kind.
    fn attribute(&mut self, choices: &mut Choices<'_>, kind: Kind, below: usize) -> String {
        if self.fitting || choices.chance(60) {
            let path = self.path(choices, kind);
            return path.unwrap_or_else(|| self.fixed(choices, kind));
        }
        let of = if choices.chance(65) { Kind::Entity } else { Kind::Record };
        let of = self.write(choices, of, below);
        format!("{of}[{}]", quoted(self.any_attribute(choices).name))
    }

    /// An attribute of that kind that is declared, from a variable on, when there is one.
    fn path(&mut self, choices: &mut Choices<'_>, kind: Kind) -> Option<String> {
        let world = self.world;
        let (variable, attributes) = self.variable(choices);
        let mut found: Vec<(String, Vec<String>)> = Vec::new();
        for attribute in attributes {
            let (path, needs) = step(variable, attribute, &[]);
            let further: &[Attribute] = match attribute.kind {
                Kind::Entity => &world.types[attribute.of].attributes,
                Kind::Record => &world.records[attribute.record(None)],
                _ => &[],
            };
            for attribute in further.iter().filter(|attribute| attribute.kind == kind) {
                found.push(step(&path, attribute, &needs));
            }
            if attribute.kind == kind {
                found.push((path, needs));
            }
        }
        if found.is_empty() {
            return None;
        }
        let (path, needs) = found.swap_remove(choices.below(found.len()));
        needs.into_iter().for_each(|need| self.need(need));
        Some(path)
    }

    /// A variable with the attributes that it should have.
    fn variable(&self, choices: &mut Choices<'_>) -> (&'static str, &[Attribute]) {
        let any = |choices: &mut Choices<'_>| choices.below(DECLARED.len());
        match choices.below(3) {
            0 => {
                let place = self.known.principal.unwrap_or_else(|| any(choices));
                ("principal", &self.world.types[place].attributes)
            }
            1 => {
                let place = self.known.resource.unwrap_or_else(|| any(choices));
                ("resource", &self.world.types[place].attributes)
            }
            _ => {
                let count = self.world.actions.len();
                let place = self.known.action.unwrap_or_else(|| choices.below(count));
                ("context", &self.world.actions[place].context)
            }
        }
    }

    /// An attribute that something has.
    pub(crate) fn any_attribute(&self, choices: &mut Choices<'_>) -> Attribute {
        let all = match choices.below(4) {
            0 => &self.world.records[choices.below(2)],
            _ => self.variable(choices).1,
        };
        let none = Attribute { name: "absent", kind: Kind::Long, of: 0, required: false };
        all.get(choices.below(all.len())).cloned().unwrap_or(none)
    }

    /// Mostly something that only a request can tell, since the rest is worked out beforehand.
    fn leaf(&mut self, choices: &mut Choices<'_>, kind: Kind) -> String {
        match choices.chance(55).then(|| self.path(choices, kind)).flatten() {
            Some(path) => path,
            None => self.fixed(choices, kind),
        }
    }

    fn fixed(&self, choices: &mut Choices<'_>, kind: Kind) -> String {
        match kind {
            Kind::Bool => choices.one(&["true", "false", "context.b", "principal.b"]).to_owned(),
            Kind::Long => match choices.below(LONGS.len() + 2) {
                at if at < LONGS.len() => LONGS[at].to_string(),
                at => ["context.n", "resource.n"][at - LONGS.len()].to_owned(),
            },
            Kind::Text => match choices.below(TEXTS.len() + 2) {
                at if at < TEXTS.len() => quoted(TEXTS[at]),
                at => ["context.s", "principal.s"][at - TEXTS.len()].to_owned(),
            },
            Kind::Entity => match choices.below(8) {
                0 | 1 => "principal".to_owned(),
                2 | 3 => "resource".to_owned(),
                4 => "action".to_owned(),
                5 => "context.owner".to_owned(),
                6 => written(ACTIONS[choices.below(ACTIONS.len())]),
                _ => written(self.world.uid(choices)),
            },
            Kind::Record => {
                choices.one(&["context", "context.rec", "principal.rec", "{}", "{n: 1}"]).to_owned()
            }
            Kind::Texts => {
                let sets = ["[\"a\", \"b\"]", "context.names", "resource.names", "principal.names"];
                choices.one(&sets).to_owned()
            }
            Kind::Entities => {
                let sets = ["[principal, resource]", "context.friends", "principal.friends", "[]"];
                choices.one(&sets).to_owned()
            }
            Kind::Mixed => {
                let sets = ["[1, \"a\", true]", "context.mixed", "[[1], {n: 1}]", "resource.mixed"];
                choices.one(&sets).to_owned()
            }
            Kind::Address => leaf_made(choices, "ip", &ADDRESSES),
            Kind::Decimal => leaf_made(choices, "decimal", &DECIMALS),
            Kind::Moment => leaf_made(choices, "datetime", &MOMENTS),
            Kind::Duration => leaf_made(choices, "duration", &DURATIONS),
        }
    }

    pub(crate) fn need(&mut self, need: String) {
        if self.fitting && !self.needs.contains(&need) {
            self.needs.push(need);
        }
    }
}

fn leaf_made(choices: &mut Choices<'_>, name: &str, texts: &[&str]) -> String {
    format!("{name}({})", quoted(choices.one(texts)))
}

/// One attribute further, and what has to be asked before.
fn step(of: &str, attribute: &Attribute, before: &[String]) -> (String, Vec<String>) {
    let name = attribute.name;
    let mut needs = before.to_vec();
    if !attribute.required {
        needs.push(format!("{of} has {}", quoted(name)));
    }
    let is_word = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase());
    match is_word && name != "if" {
        true => (format!("{of}.{name}"), needs),
        false => (format!("{of}[{}]", quoted(name)), needs),
    }
}

/// A uid as it is written in a policy.
pub(crate) fn written((name, id): super::Uid) -> String {
    format!("{name}::{}", quoted(id))
}
