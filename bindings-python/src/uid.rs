//! Entity uids: as pairs, as values, and looked up once.

use std::borrow::Cow;
use std::hash::{BuildHasher as _, BuildHasherDefault, DefaultHasher};

use bumpalo::Bump;
use notegate::model::{EntityUid, notebook, uid_from_parts};
use notegate::request::{self, Asked};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

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
pub(crate) fn asked<'a>(
    name: &str,
    given: &'a Bound<'_, PyAny>,
    arena: &'a Bump,
) -> PyResult<Asked<'a>> {
    if let Ok(pair) = given.cast::<PyTuple>() {
        return pair_of(name, pair, arena).map(Asked::from);
    }
    if let Ok(handle) = given.cast::<Handle>() {
        return Ok(Asked::Handle(&handle.get().0));
    }
    if let Ok(uid) = given.cast::<Uid>() {
        return Ok(uid.get().parts().into());
    }
    Err(PyTypeError::new_err(format!(
        "{name}: expected a pair of type and id, a `notegate.Uid` or a `notegate.Handle`, not `{}`",
        kind(given)
    )))
}

/// The action of a question: its name, or a uid.
pub(crate) fn action<'a>(given: &'a Bound<'_, PyAny>, arena: &'a Bump) -> PyResult<Asked<'a>> {
    match given.cast::<PyString>() {
        Ok(action) => Ok(("Notebook::Action", text("action", action)?).into()),
        Err(_) => asked("action", given, arena),
    }
}

/// The uid that a value names, for whatever keeps it.
pub(crate) fn owned(name: &str, given: &Bound<'_, PyAny>) -> PyResult<EntityUid> {
    let arena = Bump::new();
    let (type_name, id) = asked(name, given, &arena)?.parts();
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
    pair: &'a Bound<'_, PyTuple>,
    arena: &'a Bump,
) -> PyResult<(&'a str, &'a str)> {
    let part = |at: usize| -> PyResult<&'a str> {
        let part = pair.get_borrowed_item(at)?;
        let Ok(part) = part.cast::<PyString>() else {
            let kind = kind(&part);
            return Err(PyTypeError::new_err(format!(
                "{name}[{at}]: expected a str, not `{kind}`"
            )));
        };
        Ok(arena.alloc_str(text(name, &part)?))
    };
    match pair.len() {
        2 => Ok((qualified(part(0)?, arena), part(1)?)),
        found => Err(PyTypeError::new_err(format!(
            "{name}: expected a pair of type and id, not {found} values"
        ))),
    }
}

/// What Python calls the type of a value.
pub(crate) fn kind(value: &Bound<'_, PyAny>) -> String {
    let name = value.get_type().fully_qualified_name();
    name.map_or_else(|_| "?".to_owned(), |name| name.to_string_lossy().into_owned())
}
