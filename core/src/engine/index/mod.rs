//! Which policies a request could satisfy, by their scopes alone.
//!
//! Each policy is filed under one entity or type of its scope, and there by action. A request looks
//! at what is filed under its principal, its resource, their ancestors and their types; nothing is
//! compared with the policies that are filed elsewhere. What is found is held against what is left of
//! its scope, so the place a policy is filed under decides how fast it is found and never whether.

mod filing;
mod open;

use smallvec::SmallVec;

use self::filing::Scope;
use super::names::{Uid, UidId};
use super::standing::{Ancestors, Standing};

pub(super) use self::filing::number_scopes;
pub(super) use self::open::{Open, Place};

/// Positions of candidate policies, in the order of the policy set.
pub(super) type Candidates = SmallVec<[u32; 32]>;

/// A request's three entities in their places in the hierarchy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) principal: Standing<'a>,
    pub(super) action: Standing<'a>,
    pub(super) resource: Standing<'a>,
}

#[derive(Debug, Default)]
pub(super) struct Index {
    /// Every posting, those of one shelf side by side and in the order of their actions.
    postings: Vec<Posting>,
    principals: Vec<Shelf>,
    resources: Vec<Shelf>,
    principal_types: Vec<Shelf>,
    resource_types: Vec<Shelf>,
    rest: Shelf,
    /// By policy, for looking at all of them.
    scopes: Vec<Scope>,
    /// INVARIANT: the numbers of uids that scopes name are below this.
    scope_uids: u32,
}

/// A run of postings.
#[derive(Debug, Clone, Copy, Default)]
struct Shelf {
    start: u32,
    length: u32,
}

#[derive(Debug, Clone, Copy)]
struct Posting {
    /// The action of the scope, or [`NONE`] for any.
    action: u32,
    policy: u32,
    /// The type of the entity that led here, or [`NONE`] for any, as the next.
    is: u32,
    /// What the other entity of the scope must be, and what it must be or be in.
    other_is: u32,
    other: u32,
    exact: Exact,
    /// Whether the principal led here, so that the other is the resource.
    by_principal: bool,
}

/// What must be the very one that is written, and not one in it.
#[derive(Debug, Clone, Copy)]
struct Exact {
    action: bool,
    led: bool,
    other: bool,
}

/// Where a scope sets no bound, and what a request names and the snapshot does not.
const NONE: u32 = u32::MAX;

impl Index {
    /// The policies whose scope the request satisfies.
    ///
    /// Takes time in proportion to the ancestors that scopes name and to what is found there.
    pub(super) fn candidates(&self, asked: &Asked<'_>, found: &mut Candidates) {
        let mut walked: [Walked; 3] = Default::default();
        let [one, two, three] = &mut walked;
        let action = Named::new(&asked.action, one);
        let (principal, resource) =
            (Named::new(&asked.principal, two), Named::new(&asked.resource, three));
        let groups = self.in_scopes(action.ancestors);
        let looked = Looked { action: action.id, groups, principal, resource };
        self.look(Some(&self.rest), true, &looked, found);
        self.look(self.principal_types.get(principal.is as usize), true, &looked, found);
        self.look(self.resource_types.get(resource.is as usize), true, &looked, found);
        for (shelves, named) in [(&self.principals, principal), (&self.resources, resource)] {
            self.look(shelves.get(named.id as usize), true, &looked, found);
            for ancestor in self.in_scopes(named.ancestors) {
                self.look(shelves.get(ancestor.place()), false, &looked, found);
            }
        }
        // A list of actions files a policy more than once.
        if !found.is_sorted_by(|one, next| one < next) {
            found.sort_unstable();
            found.dedup();
        }
    }

    /// Those that scopes name.
    #[inline]
    fn in_scopes<'a>(&self, ancestors: &'a [UidId]) -> &'a [UidId] {
        let beyond = ancestors.iter().position(|ancestor| ancestor.0 >= self.scope_uids);
        ancestors.get(..beyond.unwrap_or(ancestors.len())).unwrap_or_default()
    }

    /// `itself` says whether an entity of the request led here and not one that it is in.
    #[inline]
    fn look(
        &self,
        shelf: Option<&Shelf>,
        itself: bool,
        looked: &Looked<'_>,
        found: &mut Candidates,
    ) {
        if let Some(shelf) = shelf.filter(|shelf| shelf.length > 0) {
            self.search(*shelf, itself, looked, found);
        }
    }

    fn search(&self, shelf: Shelf, itself: bool, looked: &Looked<'_>, found: &mut Candidates) {
        let start = shelf.start as usize;
        let end = start.saturating_add(shelf.length as usize);
        let postings = self.postings.get(start..end).unwrap_or_default();
        if postings.len() <= FEW {
            for posting in postings {
                if looked.wants(posting.action) && posting.holds(looked, itself) {
                    found.push(posting.policy);
                }
            }
            return;
        }
        let groups = looked.groups.iter().map(|group| group.0);
        for wanted in [NONE, looked.action].into_iter().chain(groups) {
            for posting in of_action(postings, wanted) {
                if posting.holds(looked, itself) {
                    found.push(posting.policy);
                }
            }
        }
    }
}

/// What a request is looked up by.
#[derive(Clone, Copy)]
struct Looked<'a> {
    action: u32,
    /// What the action is in, as far as scopes name it.
    groups: &'a [UidId],
    principal: Named<'a>,
    resource: Named<'a>,
}

impl Looked<'_> {
    /// Whether policies of this action, or of [`NONE`] for any, are asked for.
    #[inline]
    fn wants(&self, action: u32) -> bool {
        action == NONE || action == self.action || self.groups.iter().any(|group| group.0 == action)
    }
}

/// What the snapshot names of an entity and of what it is in.
#[derive(Clone, Copy)]
struct Named<'a> {
    id: u32,
    is: u32,
    /// In rising order.
    ancestors: &'a [UidId],
}

impl<'a> Named<'a> {
    #[inline]
    fn new(standing: &Standing<'a>, walked: &'a mut Walked) -> Self {
        let ancestors = match standing.ancestors {
            Ancestors::Stored(ancestors) => ancestors,
            Ancestors::Walked(ancestors) => known(ancestors, walked),
        };
        let id = standing.uid.known().map_or(NONE, |uid| uid.0);
        Self { id, is: standing.entity_type.map_or(NONE, |id| id.0), ancestors }
    }

    #[inline]
    fn is_in(&self, uid: u32) -> bool {
        match self.ancestors.len() {
            0..=16 => self.ancestors.iter().any(|ancestor| ancestor.0 == uid),
            _ => self.ancestors.binary_search(&UidId(uid)).is_ok(),
        }
    }
}

/// Ancestors that are worked out for one question.
type Walked = SmallVec<[UidId; 8]>;

#[cold]
fn known<'a>(ancestors: &[Uid<'_>], walked: &'a mut Walked) -> &'a [UidId] {
    walked.extend(ancestors.iter().filter_map(|uid| uid.known()));
    walked
}

/// So many postings are looked at one by one.
const FEW: usize = 16;

/// The postings of one action.
fn of_action(postings: &[Posting], action: u32) -> &[Posting] {
    let start = postings.partition_point(|posting| posting.action < action);
    let rest = postings.get(start..).unwrap_or_default();
    let length = rest.iter().take_while(|posting| posting.action == action).count();
    rest.get(..length).unwrap_or_default()
}

impl Posting {
    #[inline]
    fn holds(&self, looked: &Looked<'_>, itself: bool) -> bool {
        let (led, left) = match self.by_principal {
            true => (&looked.principal, &looked.resource),
            false => (&looked.resource, &looked.principal),
        };
        let Exact { action, led: exact, other } = self.exact;
        (itself || !exact)
            && (self.is == NONE || self.is == led.is)
            && (!action || self.action == looked.action)
            && (self.other_is == NONE || self.other_is == left.is)
            && (self.other == NONE || self.other == left.id || (!other && left.is_in(self.other)))
    }
}
