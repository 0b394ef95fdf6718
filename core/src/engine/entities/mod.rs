//! Stored entities: read, checked, and closed over their hierarchy.
//!
//! They are read one after the other and never all held in the language's own form, which is
//! many times as large.

mod json;
mod reading;
mod shapes;

use std::fmt;

use cedar_policy_core::entities::conformance::EntitySchemaConformanceChecker;
use cedar_policy_core::entities::json::err::JsonDeserializationError;
use cedar_policy_core::extensions::Extensions;
use cedar_policy_core::validator::CoreSchema;
use miette::Diagnostic;
use serde::de::{Deserializer as _, Error as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

use self::reading::{Reading, Refused};
use super::compiled::{Store, Unclosed};
use super::names::{Names, UidId};
use crate::bundle::Member;
use crate::model::{Exceeded, Limits, LoadError, LoadErrorKind, Problem, Schema, Span};

/// The entities of a member, with the schema's actions, next to the names that policies have.
///
/// Takes time in proportion to the text and to the ancestors of each entity.
pub(super) fn read(
    member: Option<&Member>,
    schema: Option<&Schema>,
    names: Names,
    limits: &Limits,
) -> Result<Store, LoadError> {
    let text = member.map_or("[]", |member| &member.text);
    let loading = Loading::new(text, schema, names, limits);
    loading.and_then(Loading::read).map_err(|(kind, problem, span)| {
        LoadError::new(
            kind,
            match member {
                Some(member) => problem.at(&member.name, &member.text, span.into_iter().collect()),
                None => problem,
            },
        )
    })
}

type Wrong = (LoadErrorKind, Problem, Option<Span>);

struct Loading<'a> {
    text: &'a str,
    schema: Option<&'a Schema>,
    limits: &'a Limits,
    reading: Reading<'a>,
    /// What was read by the language and is still to be held against the schema.
    unchecked: Vec<UidId>,
}

impl<'a> Loading<'a> {
    fn new(
        text: &'a str,
        schema: Option<&'a Schema>,
        names: Names,
        limits: &'a Limits,
    ) -> Result<Self, Wrong> {
        limits.check_json_nesting(text).map_err(exceeded)?;
        let reading = Reading::new(names, schema.map(AsRef::as_ref)).ok_or_else(too_many)?;
        Ok(Self { text, schema, limits, reading, unchecked: Vec::new() })
    }

    fn read(mut self) -> Result<Store, Wrong> {
        let mut text = serde_json::Deserializer::from_str(self.text);
        let mut wrong = None;
        let each = Each { loading: &mut self, wrong: &mut wrong };
        let read = text.deserialize_seq(each).and_then(|()| text.end());
        if let Some(wrong) = wrong {
            return Err(wrong);
        }
        read.map_err(|error| {
            let error = JsonDeserializationError::from(error);
            (LoadErrorKind::Entities, language(&error), None)
        })?;
        self.reading.actions().map_err(|refused| self.refused(refused, None))?;
        self.close()
    }

    fn entity(&mut self, text: &str) -> Result<(), Wrong> {
        let span = self.span(text);
        let count = self.reading.filling.len().saturating_add(1);
        Exceeded::check("entities", self.limits.entities, count).map_err(exceeded)?;
        match self.reading.entity(text) {
            Ok((uid, by_the_language)) => {
                let id = self.reading.filling.names.id_text(uid);
                Exceeded::check("id_bytes", self.limits.id_bytes, id.len()).map_err(exceeded)?;
                if by_the_language {
                    self.unchecked.push(uid);
                }
                Ok(())
            }
            Err(refused) => Err(self.refused(refused, span)),
        }
    }

    fn close(self) -> Result<Store, Wrong> {
        let Self { schema, limits, reading, unchecked, .. } = self;
        let shapes = reading.shapes;
        let store = reading.filling.close(limits).map_err(|unclosed| match unclosed {
            Unclosed::Cycle(uid) => {
                wrong(format!("the hierarchy has a cycle through entity `{uid}`"))
            }
            Unclosed::Limit(exceeded, uid) => {
                let mut problem = Problem::from(exceeded);
                problem.message = format!("{} for entity `{uid}`", problem.message);
                (LoadErrorKind::Limit, problem, None)
            }
            Unclosed::Numbers => too_many(),
        })?;
        let Some((schema, shapes)) = schema.zip(shapes) else { return Ok(store) };
        let core = CoreSchema::new(schema.as_ref());
        let checker = EntitySchemaConformanceChecker::new(&core, Extensions::all_available());
        let misplaced = store.names.entities().filter(|uid| !shapes.allow_ancestors(*uid, &store));
        for uid in unchecked.into_iter().chain(misplaced) {
            let entity = store.restored(uid).ok_or_else(too_many)?;
            checker
                .validate_entity(&entity)
                .map_err(|error| (LoadErrorKind::Entities, language(&error), None))?;
        }
        Ok(store)
    }

    /// Where a part of the text lies.
    fn span(&self, part: &str) -> Option<Span> {
        let offset = (part.as_ptr() as usize).checked_sub(self.text.as_ptr() as usize)?;
        Some(Span { offset, length: part.len(), label: None })
    }

    fn refused(&self, refused: Refused, span: Option<Span>) -> Wrong {
        let problem = match refused {
            Refused::Language(error) => language(&*error),
            Refused::Unknown(error) => Problem::error(CODE, error.to_string()),
            Refused::Twice(uid) => Problem::error(CODE, format!("entity `{uid}` is there twice")),
            Refused::Numbers => return too_many(),
        };
        (LoadErrorKind::Entities, problem, span)
    }
}

/// Reads each element of an array, without holding them all.
struct Each<'r, 'a> {
    loading: &'r mut Loading<'a>,
    wrong: &'r mut Option<Wrong>,
}

impl<'de> Visitor<'de> for Each<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a sequence")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<(), A::Error> {
        while let Some(element) = access.next_element::<&RawValue>()? {
            if let Err(wrong) = self.loading.entity(element.get()) {
                *self.wrong = Some(wrong);
                return Err(A::Error::custom("an entity is refused"));
            }
        }
        Ok(())
    }
}

const CODE: &str = "entities.invalid";

fn exceeded(exceeded: Exceeded) -> Wrong {
    let span = exceeded.offset().map(|offset| Span { offset, length: 1, label: None });
    (LoadErrorKind::Limit, exceeded.into(), span)
}

fn too_many() -> Wrong {
    wrong("there is more in it than can be numbered".to_owned())
}

fn wrong(message: String) -> Wrong {
    (LoadErrorKind::Entities, Problem::error(CODE, message), None)
}

fn language(error: &dyn Diagnostic) -> Problem {
    let empty = std::sync::Arc::<str>::from("");
    let problem = Problem::from_diagnostic(CODE, error, &empty, &empty).into_iter().next();
    problem.unwrap_or_else(|| Problem::error(CODE, error.to_string()))
}
