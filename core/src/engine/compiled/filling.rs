//! Entities on their way into a store: taken in one by one, then closed over their hierarchy.

use cedar_policy_core::ast::Entity;

use super::pool::{Field, Pool};
use super::store::{Facts, Store};
use crate::engine::names::{EntityRow, Names, UidId};
use crate::model::{Exceeded, Limits};

/// Entities on their way into a store.
#[derive(Debug)]
pub(in crate::engine) struct Filling {
    pub(in crate::engine) names: Names,
    pub(in crate::engine) pool: Pool,
    entities: Vec<Entry>,
    parents: Vec<UidId>,
}

/// An entity with a run of parents.
#[derive(Debug, Clone, Copy)]
struct Entry {
    uid: UidId,
    start: u32,
    length: u32,
}

/// Why entities cannot be closed over their hierarchy, with the uid of one of them.
#[derive(Debug)]
pub(in crate::engine) enum Unclosed {
    /// There is a cycle through this entity.
    Cycle(String),
    /// This entity passes a limit.
    Limit(Exceeded, String),
    /// There is more than can be numbered.
    Numbers,
}

/// Of an entity that has no place among the others.
const NOWHERE: u32 = u32::MAX;

impl Filling {
    /// Starts next to what `names` has.
    pub(in crate::engine) fn new(names: Names) -> Self {
        Self { names, pool: Pool::default(), entities: Vec::new(), parents: Vec::new() }
    }

    /// How many entities were taken in.
    pub(in crate::engine) fn len(&self) -> usize {
        self.entities.len()
    }

    /// Takes an entity in; whether there was none of its uid.
    ///
    /// `None` when there are more than can be numbered.
    pub(in crate::engine) fn add(
        &mut self,
        uid: UidId,
        attributes: Vec<Field>,
        tags: Vec<Field>,
        mut parents: Vec<UidId>,
    ) -> Option<bool> {
        let attributes = self.pool.push_fields(attributes)?;
        let tags = self.pool.push_fields(tags)?;
        let row = EntityRow {
            fields: attributes.start,
            attributes: attributes.length,
            tags: tags.length,
            ..EntityRow::default()
        };
        if !self.names.store(uid, row) {
            return Some(false);
        }
        parents.sort_unstable();
        parents.dedup();
        let start = u32::try_from(self.parents.len()).ok()?;
        let length = u32::try_from(parents.len()).ok()?;
        self.parents.append(&mut parents);
        self.entities.push(Entry { uid, start, length });
        Some(true)
    }

    /// Takes in an entity as the language has it; as above.
    pub(in crate::engine) fn add_parsed(&mut self, entity: &Entity) -> Option<bool> {
        let uid = self.names.add_uid(entity.uid())?;
        let (pool, names) = (&mut self.pool, &mut self.names);
        let attributes = entity.attrs().map(|(key, value)| (key.as_str(), value));
        let attributes = pool.fields_of(attributes, names)?;
        let tags = entity.tags().map(|(key, value)| (key.as_str(), value));
        let tags = pool.fields_of(tags, names)?;
        let parents = entity.parents().map(|parent| names.add_uid(parent));
        let parents = parents.collect::<Option<_>>()?;
        self.add(uid, attributes, tags, parents)
    }

    /// The store, each entity with its ancestors.
    ///
    /// Takes time in proportion to the ancestors there are; neither a cycle nor a deep chain can
    /// exhaust the stack.
    pub(in crate::engine) fn close(mut self, limits: &Limits) -> Result<Store, Unclosed> {
        let mut uids: Vec<UidId> = Vec::new();
        let mut above: Vec<UidId> = Vec::new();
        for at in self.parents_first(limits)? {
            let Some(entry) = self.entities.get(at as usize).copied() else { continue };
            above.clear();
            let parents = self.parents_of(entry);
            for parent in parents {
                above.push(*parent);
                if let Some(row) = self.names.entity(*parent) {
                    let (start, length) = (row.uids as usize, row.ancestors as usize);
                    let inherited = uids.get(start..start.saturating_add(length));
                    above.extend_from_slice(inherited.unwrap_or_default());
                }
            }
            above.sort_unstable();
            above.dedup();
            Exceeded::check("ancestors", limits.ancestors, above.len())
                .map_err(|exceeded| Unclosed::Limit(exceeded, self.shown(entry.uid)))?;
            let number = |count: usize| u32::try_from(count).map_err(|_| Unclosed::Numbers);
            let (start, ancestors) = (number(uids.len())?, number(above.len())?);
            uids.append(&mut above);
            uids.extend_from_slice(parents);
            if let Some(row) = self.names.entity_mut(entry.uid) {
                (row.uids, row.ancestors, row.parents) = (start, ancestors, entry.length);
            }
        }
        uids.shrink_to_fit();
        self.pool.shrink_to_fit();
        let (count, names) = (self.entities.len(), self.names.uid_count());
        Ok(Store::new(self.names, Facts { pool: self.pool, uids, count, names }))
    }

    fn shown(&self, uid: UidId) -> String {
        self.names.language_uid(uid).map(|uid| uid.to_string()).unwrap_or_default()
    }

    fn parents_of(&self, entry: Entry) -> &[UidId] {
        let start = entry.start as usize;
        self.parents.get(start..start.saturating_add(entry.length as usize)).unwrap_or_default()
    }

    /// An order in which every entity comes after its parents.
    fn parents_first(&self, limits: &Limits) -> Result<Vec<u32>, Unclosed> {
        let mut places = vec![NOWHERE; self.names.uid_count()];
        for (entry, at) in self.entities.iter().zip(0_u32..) {
            if let Some(place) = places.get_mut(entry.uid.place()) {
                *place = at;
            }
        }
        let place = |uid: &UidId| places.get(uid.place()).copied().filter(|at| *at != NOWHERE);
        let stored = |entry: &Entry| self.parents_of(*entry).iter().filter_map(place);
        let mut waiting: Vec<u32> = Vec::with_capacity(self.entities.len());
        let mut starts: Vec<u32> = vec![0; self.entities.len().saturating_add(1)];
        for entry in &self.entities {
            let mut count = 0_u32;
            for parent in stored(entry) {
                count = count.saturating_add(1);
                if let Some(children) = starts.get_mut(parent as usize) {
                    *children = children.saturating_add(1);
                }
            }
            waiting.push(count);
        }
        let mut children = Children::new(starts);
        for (entry, at) in self.entities.iter().zip(0_u32..) {
            stored(entry).for_each(|parent| children.put(parent, at));
        }
        let roots = waiting.iter().zip(0_u32..).filter(|(count, _)| **count == 0);
        let mut order: Vec<u32> = roots.map(|(_, at)| at).collect();
        let (mut from, mut depth) = (0, 0_usize);
        while from < order.len() {
            let to = order.len();
            for at in from..to {
                let Some(at) = order.get(at).copied() else { continue };
                for child in children.of(at) {
                    if let Some(count) = waiting.get_mut(*child as usize) {
                        *count = count.saturating_sub(1);
                        if *count == 0 {
                            order.push(*child);
                        }
                    }
                }
            }
            if let Some(first) = order.get(to).and_then(|at| self.entities.get(*at as usize)) {
                depth = depth.saturating_add(1);
                Exceeded::check("hierarchy_depth", limits.hierarchy_depth, depth)
                    .map_err(|exceeded| Unclosed::Limit(exceeded, self.shown(first.uid)))?;
            }
            from = to;
        }
        match self.cycle_member(&waiting, place) {
            None => Ok(order),
            Some(uid) => Err(Unclosed::Cycle(self.shown(uid))),
        }
    }

    /// One entity of a cycle, when entities are left that wait for a parent.
    fn cycle_member(
        &self,
        waiting: &[u32],
        place: impl Fn(&UidId) -> Option<u32>,
    ) -> Option<UidId> {
        let stuck = |at: &u32| waiting.get(*at as usize).is_some_and(|count| *count > 0);
        let mut at = (0..u32::try_from(waiting.len()).ok()?).find(stuck)?;
        let mut seen = std::collections::HashSet::new();
        // Whoever waits does so for a parent that waits, so going up comes round in the end.
        while seen.insert(at) {
            let entry = self.entities.get(at as usize)?;
            at = self.parents_of(*entry).iter().filter_map(&place).find(stuck)?;
        }
        self.entities.get(at as usize).map(|entry| entry.uid)
    }
}

/// The children of each entity, side by side.
struct Children {
    /// Where the children of each begin, moved on as they are put in.
    ends: Vec<u32>,
    all: Vec<u32>,
}

impl Children {
    fn new(mut counts: Vec<u32>) -> Self {
        let mut sum = 0_u32;
        for count in &mut counts {
            sum = sum.saturating_add(std::mem::replace(count, sum));
        }
        Self { ends: counts, all: vec![0; sum as usize] }
    }

    fn put(&mut self, parent: u32, child: u32) {
        let Some(end) = self.ends.get_mut(parent as usize) else { return };
        if let Some(place) = self.all.get_mut(*end as usize) {
            *place = child;
        }
        *end = end.saturating_add(1);
    }

    /// Once all are in, each begins where the one before it ends.
    fn of(&self, parent: u32) -> &[u32] {
        let before = (parent as usize).checked_sub(1).and_then(|before| self.ends.get(before));
        let start = before.copied().unwrap_or(0) as usize;
        let end = self.ends.get(parent as usize).copied().unwrap_or(0) as usize;
        self.all.get(start..end).unwrap_or_default()
    }
}
