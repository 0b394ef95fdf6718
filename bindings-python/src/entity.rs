//! Entities that are sent with a question.

use std::borrow::Cow;

use bumpalo::Bump;
use bumpalo::collections::Vec as ArenaVec;
use notegate::model::{self, Described, RequestErrorKind};
use notegate::request::Sent;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::arena;
use crate::error::exception;
use crate::place::Place;
use crate::uid::{Uid, asked, kind, owned};
use crate::value::{Reader, not_a_dict};

/// An entity that takes the place of the stored one of its uid, for one question.
///
/// `attrs` and `tags` are dicts of values, `parents` what it is in.
#[pyclass(frozen, module = "notegate")]
#[derive(Debug)]
pub(crate) struct Entity(Described);

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
        let mut described = Described::new(owned("uid", uid)?);
        described.attributes = kept(attrs, "attrs")?;
        described.tags = kept(tags, "tags")?;
        if let Some(parents) = parents {
            for parent in parents.try_iter()? {
                let parent = owned("parents", &parent?)?;
                if !described.parents.contains(&parent) {
                    described.parents.push(parent);
                }
            }
        }
        Ok(Self(described))
    }

    /// Its uid.
    #[getter]
    fn uid(&self) -> Uid {
        Uid::of(&self.0.uid)
    }

    /// All of it as JSON: `uid`, `attrs`, `parents` and `tags`.
    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        let json = self.language(py)?.to_json_value().map(|json| json.to_string());
        json.map_err(|error| {
            exception(py, model::RequestError::new(RequestErrorKind::Entities, error.to_string()))
        })
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> PyResult<bool> {
        let Ok(other) = other.cast::<Self>() else { return Ok(false) };
        Ok(other.get().language(other.py())?.deep_eq(&self.language(other.py())?))
    }

    fn __repr__(&self) -> String {
        let uid = &self.0.uid;
        format!("<notegate.Entity {:?}, {:?}>", uid.type_name().to_string(), uid.id().unescaped())
    }
}

impl Entity {
    pub(crate) fn of(described: Described) -> Self {
        Self(described)
    }

    fn language(&self, py: Python<'_>) -> PyResult<model::Entity> {
        self.0.to_entity().map_err(|error| exception(py, error))
    }
}

/// What a question brings of entities.
pub(crate) fn sent<'a>(
    entities: Option<&'a [Bound<'_, Entity>]>,
    attributes: Option<&'a [(Bound<'_, PyAny>, Bound<'_, PyAny>)]>,
    reader: &Reader<'a>,
    arena: &'a Bump,
) -> PyResult<&'a [Sent<'a>]> {
    let mut sent = ArenaVec::new_in(arena);
    for entity in entities.unwrap_or_default() {
        sent.push(Sent::entity(&entity.get().0, arena));
    }
    for (uid, values) in attributes.unwrap_or_default() {
        let uid = asked("attributes", uid.as_borrowed(), arena)?.parts();
        let Ok(values) = values.cast::<PyDict>() else {
            return Err(not_a_dict("attributes", values));
        };
        let attributes = reader.fields(values, &Place::named("attributes"))?;
        sent.push(Sent { uid, attributes, whole: None });
    }
    Ok(sent.into_bump_slice())
}

/// The entities of an iterable.
pub(crate) fn listed<'py>(given: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, Entity>>> {
    let entities = given.try_iter()?.map(|entity| {
        let entity = entity?;
        entity.cast_into::<Entity>().map_err(|error| {
            let kind = kind(&error.into_inner());
            PyTypeError::new_err(format!("entities: expected `notegate.Entity`, not `{kind}`"))
        })
    });
    entities.collect()
}

fn kept(given: Option<&Bound<'_, PyDict>>, name: &str) -> PyResult<model::Fields> {
    let Some(given) = given else { return Ok(model::Fields::new()) };
    let py = given.py();
    arena::with(|arena, _| {
        let reader = Reader::new(arena);
        let fields = reader.fields(given, &Place::named(name))?.iter();
        let fields = fields.map(|(name, given)| {
            let value = given.to_value().map_err(|error| exception(py, error))?;
            Ok((Cow::Owned((*name).to_owned()), value))
        });
        fields.collect()
    })
}
