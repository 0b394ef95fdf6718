//! Entity uids: as pairs, as values, and looked up once.

use std::borrow::Cow;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use bumpalo::Bump;
use notegate::model::{EntityUid, notebook, uid_from_parts};
use notegate::request::{self, Asked};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::cast::{exactly, instance};
use crate::error::exception;
use crate::value::text;

/// The namespace of a type that is given without one.
pub(crate) const NAMESPACE: &str = "Notebook";

/// An entity uid: the name of its type, and its id, which may hold anything.
///
/// A type without a namespace is one of `Notebook`. A uid is only made of parts, never of glued text.
#[pyclass(frozen, eq, hash, module = "notegate")]
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Uid {
    type_name: Cow<'static, str>,
    id: Box<str>,
}

/// An entity uid that was looked up once, for asking about it often.
///
/// It goes wherever a uid goes, and stays right whatever is activated.
#[pyclass(frozen, module = "notegate")]
#[derive(Debug)]
pub(crate) struct Handle(pub(crate) request::Handle);

#[pymethods]
impl Uid {
    #[new]
    fn new(py: Python<'_>, r#type: &str, id: &str) -> PyResult<Self> {
        let uid = uid_from_parts(r#type, id, Some(NAMESPACE));
        uid.map(|uid| Self::of(&uid)).map_err(|error| exception(py, error))
    }

    /// The name of the type, with its namespace.
    #[getter]
    fn r#type(&self) -> &str {
        &self.type_name
    }

    /// The id.
    #[getter]
    fn id(&self) -> &str {
        &self.id
    }

    fn __repr__(&self) -> String {
        format!("notegate.Uid({:?}, {:?})", self.type_name, self.id)
    }

    fn __getnewargs__(&self) -> (&str, &str) {
        self.parts()
    }
}

impl Uid {
    /// The uid that is the library's.
    pub(crate) fn of(uid: &EntityUid) -> Self {
        let type_name = uid.type_name();
        let known = match type_name.namespace().as_str() {
            NAMESPACE => notebook::type_name(type_name.basename()),
            _ => None,
        };
        Self {
            type_name: known.map_or_else(|| type_name.to_string().into(), Cow::Borrowed),
            id: uid.id().unescaped().into(),
        }
    }

    pub(crate) fn parts(&self) -> (&str, &str) {
        (&self.type_name, &self.id)
    }
}

#[pymethods]
impl Handle {
    /// The name of the type, with its namespace.
    #[getter]
    fn r#type(&self) -> &str {
        self.0.parts().0
    }

    /// The id.
    #[getter]
    fn id(&self) -> &str {
        self.0.parts().1
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> bool {
        other.cast::<Self>().is_ok_and(|other| other.get().0.parts() == self.0.parts())
    }

    fn __hash__(&self) -> u64 {
        BuildHasherDefault::<DefaultHasher>::default().hash_one(self.0.parts())
    }

    fn __repr__(&self) -> String {
        let (type_name, id) = self.0.parts();
        format!("<notegate.Handle {type_name:?}, {id:?}>")
    }
}

/// An entity that a question names: a pair of type and id, a uid, or a handle.
#[inline]
pub(crate) fn asked<'a>(
    name: &str,
    given: Borrowed<'a, '_, PyAny>,
    arena: &'a Bump,
) -> PyResult<Asked<'a>> {
    if let Some(handle) = exactly::<Handle>(given) {
        return Ok(Asked::Handle(&handle.get().0));
    }
    if let Some(pair) = instance::<PyTuple>(given) {
        return pair_of(name, pair, arena).map(Asked::from);
    }
    if let Some(uid) = exactly::<Uid>(given) {
        return Ok(uid.get().parts().into());
    }
    Err(no_entity(name, &given))
}

#[cold]
fn no_entity(name: &str, given: &Bound<'_, PyAny>) -> PyErr {
    PyTypeError::new_err(format!(
        "{name}: expected a pair of type and id, a `notegate.Uid` or a `notegate.Handle`, not `{}`",
        kind(given)
    ))
}

/// The action of a question: its name, or a uid.
#[inline]
pub(crate) fn action<'a>(given: Borrowed<'a, '_, PyAny>, arena: &'a Bump) -> PyResult<Asked<'a>> {
    match instance::<PyString>(given) {
        Some(action) => Ok(("Notebook::Action", text("action", action)?).into()),
        None => asked("action", given, arena),
    }
}

/// The uid that a value names, for whatever keeps it.
pub(crate) fn owned(name: &str, given: &Bound<'_, PyAny>) -> PyResult<EntityUid> {
    let arena = Bump::new();
    let (type_name, id) = asked(name, given.as_borrowed(), &arena)?.parts();
    uid_from_parts(type_name, id, Some(NAMESPACE)).map_err(|error| exception(given.py(), error))
}

/// The name of a type, with the namespace that it may lack.
pub(crate) fn qualified<'a>(type_name: &'a str, arena: &'a Bump) -> &'a str {
    match notebook::type_name(type_name) {
        Some(known) => known,
        None if type_name.contains("::") => type_name,
        None => {
            let mut whole = bumpalo::collections::String::new_in(arena);
            whole.push_str(NAMESPACE);
            whole.push_str("::");
            whole.push_str(type_name);
            whole.into_bump_str()
        }
    }
}

fn pair_of<'a>(
    name: &str,
    pair: Borrowed<'a, '_, PyTuple>,
    arena: &'a Bump,
) -> PyResult<(&'a str, &'a str)> {
    match pair.extract::<(&'a str, &'a str)>() {
        Ok((type_name, id)) => Ok((qualified(type_name, arena), id)),
        Err(_) => Err(no_pair(name, &pair)),
    }
}

/// What is wrong with what is no pair of strings.
#[cold]
fn no_pair(name: &str, pair: &Bound<'_, PyTuple>) -> PyErr {
    if pair.len() != 2 {
        let found = pair.len();
        return PyTypeError::new_err(format!(
            "{name}: expected a pair of type and id, not {found} values"
        ));
    }
    for (at, part) in pair.iter_borrowed().enumerate() {
        match instance::<PyString>(part) {
            None => {
                let kind = kind(&part);
                return PyTypeError::new_err(format!("{name}[{at}]: expected a str, not `{kind}`"));
            }
            Some(part) => {
                if let Err(error) = text(name, part) {
                    return error;
                }
            }
        }
    }
    PyTypeError::new_err(format!("{name}: expected a pair of type and id"))
}

/// What Python calls the type of a value.
pub(crate) fn kind(value: &Bound<'_, PyAny>) -> String {
    let name = value.get_type().fully_qualified_name();
    name.map_or_else(|_| "?".to_owned(), |name| name.to_string_lossy().into_owned())
}
