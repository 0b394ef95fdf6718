//! Casts that cost next to nothing where they fail: the toolkit's own make an error then, which owns the class.

use pyo3::Borrowed;
use pyo3::prelude::*;
use pyo3::type_object::{PyTypeCheck, PyTypeInfo};

/// A value of this class and of none below it.
#[inline]
pub(crate) fn exactly<'a, 'py, T: PyTypeInfo>(
    value: Borrowed<'a, 'py, PyAny>,
) -> Option<Borrowed<'a, 'py, T>> {
    if value.is_exact_instance_of::<T>() { value.cast_exact().ok() } else { None }
}

/// A value of this class or of one below it.
#[inline]
pub(crate) fn instance<'a, 'py, T: PyTypeCheck>(
    value: Borrowed<'a, 'py, PyAny>,
) -> Option<Borrowed<'a, 'py, T>> {
    if T::type_check(&value) { value.cast().ok() } else { None }
}
