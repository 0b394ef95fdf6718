use super::expressions::Expressions;
use super::world::{KINDS, Kind};
use super::{Choices, quoted};

const PIECES: [&str; 11] = ["*", "a", "*", "b", "\\*", "*", "é", "n", "aa", "0", "\\\""];

impl Expressions<'_> {
    /// An operator that gives a boolean.
    pub(crate) fn condition(&mut self, choices: &mut Choices<'_>, below: usize) -> String {
        let any = KINDS[choices.below(KINDS.len())];
        let write =
            |this: &mut Self, choices: &mut Choices<'_>, kind| this.write(choices, kind, below);
        match choices.below(23) {
            0 | 1 => {
                let one = write(self, choices, Kind::Bool);
                let operator = choices.one(&["&&", "||"]);
                format!("({one} {operator} {})", write(self, choices, Kind::Bool))
            }
            2 => format!("!({})", write(self, choices, Kind::Bool)),
            3 | 4 => {
                let one = write(self, choices, any);
                let operator = choices.one(&["==", "!="]);
                if choices.chance(20) {
                    return format!("({one} {operator} {one})");
                }
                format!("({one} {operator} {})", write(self, choices, any))
            }
            5 | 6 => {
                let measure = [Kind::Long, Kind::Moment, Kind::Duration][choices.below(3)];
                let one = write(self, choices, measure);
                let operator = choices.one(&["<", "<=", ">", ">="]);
                format!("({one} {operator} {})", write(self, choices, measure))
            }
            7 | 8 => {
                let one = write(self, choices, Kind::Entity);
                format!("({one} in {})", write(self, choices, Kind::Entity))
            }
            9 => {
                let one = write(self, choices, Kind::Entity);
                format!("({one} in {})", write(self, choices, Kind::Entities))
            }
            10 => {
                let one = write(self, choices, Kind::Entity);
                format!("({one} is {})", self.world.type_name(choices))
            }
            11 => {
                let one = write(self, choices, Kind::Entity);
                let name = self.world.type_name(choices);
                let kind = if choices.chance(50) { Kind::Entity } else { Kind::Entities };
                format!("({one} is {name} in {})", write(self, choices, kind))
            }
            12 | 13 => self.has(choices, below),
            14 => {
                let text = write(self, choices, Kind::Text);
                let count = choices.below(5);
                let pattern: String = (0..count).map(|_| choices.one(&PIECES)).collect();
                format!("({text} like \"{pattern}\")")
            }
            15 => {
                let (set, kind) = match choices.below(3) {
                    0 => (Kind::Texts, Kind::Text),
                    1 => (Kind::Entities, Kind::Entity),
                    _ => (Kind::Mixed, any),
                };
                let set = write(self, choices, set);
                format!("{set}.contains({})", write(self, choices, kind))
            }
            16 | 17 => {
                let method = choices.one(&["containsAll", "containsAny"]);
                let kinds = [Kind::Texts, Kind::Entities, Kind::Mixed];
                let (one, two) = (choices.below(3), choices.below(6));
                let set = write(self, choices, kinds[one]);
                let other = kinds.get(two).copied().filter(|_| !self.fitting);
                format!("{set}.{method}({})", write(self, choices, other.unwrap_or(kinds[one])))
            }
            18 => {
                let kind = [Kind::Texts, Kind::Mixed][choices.below(2)];
                format!("{}.isEmpty()", write(self, choices, kind))
            }
            19 => {
                let of = write(self, choices, Kind::Entity);
                format!("{of}.hasTag({})", write(self, choices, Kind::Text))
            }
            20 | 21 => {
                let one = write(self, choices, Kind::Address);
                match choices.below(5) {
                    0 => format!("{one}.isIpv4()"),
                    1 => format!("{one}.isIpv6()"),
                    2 => format!("{one}.isLoopback()"),
                    3 => format!("{one}.isMulticast()"),
                    _ => format!("{one}.isInRange({})", write(self, choices, Kind::Address)),
                }
            }
            _ => {
                let methods = ["lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual"];
                let method = choices.one(&methods);
                let one = write(self, choices, Kind::Decimal);
                format!("{one}.{method}({})", write(self, choices, Kind::Decimal))
            }
        }
    }

    fn has(&mut self, choices: &mut Choices<'_>, below: usize) -> String {
        let kind = [Kind::Entity, Kind::Record][choices.below(2)];
        let of = self.write(choices, kind, below);
        if choices.chance(40) {
            let steps = ["owner.n", "rec.n", "rec.inner.n", "owner.owner.rec", "n.n", "inner.s"];
            return format!("({of} has {})", choices.one(&steps));
        }
        format!("({of} has {})", quoted(self.any_attribute(choices).name))
    }
}
