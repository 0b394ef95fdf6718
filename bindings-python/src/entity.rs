//! Entities that are sent with a question.

use std::collections::{HashMap, HashSet};

use notegate::model::{self, EntityUid, Limits, RequestErrorKind, RestrictedExpression};
use notegate::request::EntityAttributes;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arena;
use crate::error::exception;
use crate::place::Place;
use crate::uid::{Uid, owned};
use crate::value::Reader;

/// An entity that takes the place of the stored one of its uid, for one question.
///
/// `attrs` and `tags` are dicts of values, `parents` what it is in.
#[pyclass(frozen, module = "notegate")]
#[derive(Debug)]
pub(crate) struct Entity(pub(crate) model::Entity);

#[pymethods]
impl Entity {
    #[new]
    #[pyo3(signature = (uid, attrs=None, parents=None, tags=None))]
    fn new(
        uid: &Bound<'_, PyAny>,
        attrs: Option<&Bound<'_, PyDict>>,
        parents: Option<&Bound<'_, PyAny>>,
        tags: Option<&Bound<'_, PyDict>>,
    ) -> PyResult<Self> {
        let py = uid.py();
        let uid = owned("uid", uid)?;
        let attrs = expressions(attrs, "attrs")?.into_iter().collect::<HashMap<_, _>>();
        let tags = expressions(tags, "tags")?.into_iter().collect::<HashMap<_, _>>();
        let mut within = HashSet::new();
        if let Some(parents) = parents {
            for parent in parents.try_iter()? {
                within.insert(owned("parents", &parent?)?);
            }
        }
        model::Entity::new_with_tags(uid, attrs, within, tags).map(Self).map_err(|error| {
            exception(py, model::RequestError::new(RequestErrorKind::Entities, error.to_string()))
        })
    }

    /// Its uid.
    #[getter]
    fn uid(&self) -> Uid {
        Uid::of(&self.0.uid())
    }

    /// All of it as JSON: `uid`, `attrs`, `parents` and `tags`.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        let json = self.0.to_json_value().map(|json| json.to_string());
        json.map_err(|error| {
            exception(py, model::RequestError::new(RequestErrorKind::Entities, error.to_string()))
        })
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| other.get().0.deep_eq(&self.0))
    }

    fn __repr__(&self) -> String {
        let uid = self.0.uid();
        format!("<notegate.Entity {:?}, {:?}>", uid.type_name().to_string(), uid.id().unescaped())
    }
}

/// Attributes that go over those of the entity of this uid.
pub(crate) fn attributes(uid: EntityUid, given: &Bound<'_, PyAny>) -> PyResult<EntityAttributes> {
    let expressions = expressions(Some(given.cast::<PyDict>()?), "attributes")?;
    EntityAttributes::new(uid, expressions).map_err(|error| exception(given.py(), error))
}

fn expressions(
    given: Option<&Bound<'_, PyDict>>,
    name: &str,
) -> PyResult<Vec<(String, RestrictedExpression)>> {
    let Some(given) = given else { return Ok(Vec::new()) };
    let py = given.py();
    arena::with(|arena, _| {
        let reader = Reader::new(arena, Limits::default());
        let fields = reader.fields(given, &Place::named(name))?.iter();
        let expressions = fields.map(|(name, given)| {
            let expression = given.to_expression().map_err(|error| exception(py, error));
            Ok(((*name).to_owned(), expression?))
        });
        expressions.collect()
    })
}
