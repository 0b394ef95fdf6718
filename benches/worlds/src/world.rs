//! A world in plain numbers, and what is decided in it.

use std::collections::HashMap;

use fastrand::Rng;

use crate::spec::{Asked, SEED, Spec};

/// Policies, entities and questions that belong together.
#[derive(Debug)]
pub struct World {
    /// How large it is.
    pub spec: Spec,
    /// In the order of their numbers.
    pub policies: Vec<Policy>,
    /// In the order of their numbers.
    pub people: Vec<Person>,
    /// In the order of their numbers.
    pub datasets: Vec<Dataset>,
    /// In the order in which they are asked.
    pub questions: Vec<Question>,
    /// Policies by group, action and namespace.
    scopes: HashMap<(usize, bool, usize), Vec<usize>>,
}

/// One policy: a group may read, or write, datasets of a namespace up to a sensitivity, if that is
/// within the principal's clearance and the second factor was used; or may not from one on.
#[derive(Debug, Clone, Copy)]
pub struct Policy {
    /// Whom it is about.
    pub group: usize,
    /// Whether it is about writing; otherwise it is about reading.
    pub writes: bool,
    /// Which datasets it is about.
    pub namespace: usize,
    /// Whether it forbids; otherwise it permits.
    pub forbids: bool,
    /// The highest sensitivity permitted, or the lowest forbidden.
    pub rank: u8,
}

/// A principal.
#[derive(Debug, Clone, Copy)]
pub struct Person {
    /// The group that policies name; steps lie between where groups are nested.
    pub group: usize,
    /// The highest sensitivity they are cleared for, from 0 to 3.
    pub clearance: u8,
}

/// A resource.
#[derive(Debug, Clone, Copy)]
pub struct Dataset {
    /// What it is in.
    pub namespace: usize,
    /// Its sensitivity, from 0 to 3.
    pub rank: u8,
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Question {
    /// The number of a person; none is stored under it where strangers ask.
    pub person: usize,
    /// Whether they want to write; otherwise they want to read.
    pub writes: bool,
    /// The number of a dataset; none is stored under it where strangers ask.
    pub dataset: usize,
    /// Whether the second factor was used.
    pub mfa: bool,
}

impl World {
    /// The world of this size; the same one each time.
    #[must_use]
    pub fn new(spec: Spec) -> Self {
        let mut random = Rng::with_seed(SEED);
        let (groups, namespaces) = (spec.groups(), spec.namespaces());
        let policies: Vec<Policy> = (0..spec.policies)
            .map(|at| {
                let group = at % groups;
                let (writes, namespace) = ((at / groups) % 2 == 1, group % namespaces);
                let forbids = random.u8(0..8) == 0;
                Policy { group, writes, namespace, forbids, rank: random.u8(1..4) }
            })
            .collect();
        let person = |_| Person { group: random.usize(0..groups), clearance: random.u8(0..4) };
        let people: Vec<Person> = (0..spec.people()).map(person).collect();
        let dataset = |at| Dataset { namespace: at % namespaces, rank: random.u8(0..4) };
        let datasets = (0..spec.entities.saturating_sub(people.len())).map(dataset).collect();
        let mut scopes: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, policy) in policies.iter().enumerate() {
            let scope = (policy.group, policy.writes, policy.namespace);
            scopes.entry(scope).or_default().push(at);
        }
        let mut world = Self { spec, policies, people, datasets, questions: Vec::new(), scopes };
        world.questions = world.ask(&mut random);
        world
    }

    /// The policies of which the scope fits, by number.
    #[must_use]
    pub fn candidates(&self, question: &Question) -> &[usize] {
        let scope = || {
            let person = self.people.get(question.person)?;
            let dataset = self.datasets.get(question.dataset)?;
            self.scopes.get(&(person.group, question.writes, dataset.namespace))
        };
        scope().map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether it is allowed, worked out from the numbers alone.
    #[must_use]
    pub fn allows(&self, question: &Question) -> bool {
        let (Some(person), Some(dataset)) =
            (self.people.get(question.person), self.datasets.get(question.dataset))
        else {
            return false;
        };
        let mut allowed = false;
        for policy in self.candidates(question).iter().filter_map(|at| self.policies.get(*at)) {
            if policy.forbids && dataset.rank >= policy.rank {
                return false;
            }
            let cleared = dataset.rank <= policy.rank && dataset.rank <= person.clearance;
            allowed |= !policy.forbids && cleared && question.mfa;
        }
        allowed
    }

    /// How many policies are candidates for a question, on average.
    #[must_use]
    pub fn mean_candidates(&self) -> f64 {
        let all: usize = self.questions.iter().map(|one| self.candidates(one).len()).sum();
        all as f64 / self.questions.len().max(1) as f64
    }

    fn ask(&self, random: &mut Rng) -> Vec<Question> {
        let fits = |question: &Question| match self.spec.asked {
            Asked::Allowed => self.allows(question),
            Asked::Mixed | Asked::Unknown => true,
        };
        // Where nothing is allowed, there is nothing to ask.
        let drawn = std::iter::repeat_with(|| self.draw(random))
            .take(self.spec.questions.saturating_mul(1_000));
        drawn.filter(fits).take(self.spec.questions).collect()
    }

    fn draw(&self, random: &mut Rng) -> Question {
        let (writes, mfa) = (random.bool(), random.u8(0..4) > 0);
        let person = random.usize(0..self.people.len().max(1));
        let namespaces = self.spec.namespaces();
        let own = self.people.get(person).map_or(0, |one| one.group % namespaces);
        let namespace = if random.u8(0..8) > 0 { own } else { random.usize(0..namespaces) };
        let each = (self.datasets.len() / namespaces).max(1);
        let dataset = random.usize(0..each).saturating_mul(namespaces).saturating_add(namespace);
        let strange = match self.spec.asked {
            Asked::Unknown => self.spec.entities,
            Asked::Mixed | Asked::Allowed => 0,
        };
        Question {
            person: person.saturating_add(strange),
            writes,
            dataset: dataset.saturating_add(strange),
            mfa,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::QUESTIONS;

    #[test]
    fn a_world_is_the_same_each_time_and_has_the_candidates_it_promises() {
        for spec in [Spec::of(10), Spec::of(1_000), Spec { candidates: 10, ..Spec::of(1_000) }] {
            let (one, other) = (World::new(spec), World::new(spec));
            assert_eq!(format!("{:?}", one.questions), format!("{:?}", other.questions));
            let (mean, wanted) = (one.mean_candidates(), spec.candidates as f64);
            assert!((wanted * 0.7..=wanted * 1.1).contains(&mean), "{spec:?}: {mean}");
        }
    }

    #[test]
    fn what_is_asked_is_as_the_world_says() {
        let count = |asked| {
            let world = World::new(Spec { asked, ..Spec::of(1_000) });
            assert_eq!(world.questions.len(), QUESTIONS);
            world.questions.iter().filter(|one| world.allows(one)).count()
        };
        assert_eq!((count(Asked::Allowed), count(Asked::Unknown)), (QUESTIONS, 0));
        assert!((QUESTIONS / 8..QUESTIONS / 2).contains(&count(Asked::Mixed)));
    }
}
