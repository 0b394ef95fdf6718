//! Moments and durations of Python's.

use std::time::Duration;

use notegate::model::Timestamp;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDateTime, PyDelta, PyString, PyTzInfo};

const DAY_MILLIS: i64 = 86_400_000;

/// Milliseconds since 1970, rounded down; `None` of a moment without a time zone.
///
/// Python subtracts: the stable interface has a year, a month and so on only one by one, at the price of a
/// call each, and in the moment's own time zone.
pub(crate) fn millis(moment: &Bound<'_, PyDateTime>) -> PyResult<Option<i64>> {
    let py = moment.py();
    match moment.sub(epoch(py)?) {
        Ok(since) => duration_millis(&since).map(Some),
        Err(_) if moment.call_method0("utcoffset")?.is_none() => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whole milliseconds, rounded down.
pub(crate) fn duration_millis(duration: &Bound<'_, PyAny>) -> PyResult<i64> {
    let py = duration.py();
    let part = |name: &Bound<'_, PyString>| duration.getattr(name)?.extract::<i64>();
    // Python keeps it normalised: of a negative one only the days are below zero.
    let (days, seconds) = (part(intern!(py, "days"))?, part(intern!(py, "seconds"))?);
    let micros = part(intern!(py, "microseconds"))?;
    Ok(days
        .saturating_mul(DAY_MILLIS)
        .saturating_add(seconds.saturating_mul(1_000))
        .saturating_add(micros.div_euclid(1_000)))
}

fn epoch(py: Python<'_>) -> PyResult<&Bound<'_, PyDateTime>> {
    static EPOCH: PyOnceLock<Py<PyDateTime>> = PyOnceLock::new();
    let made = EPOCH.get_or_try_init(py, || {
        let utc = PyTzInfo::utc(py)?;
        PyDateTime::new(py, 1970, 1, 1, 0, 0, 0, 0, Some(&utc)).map(Bound::unbind)
    });
    made.map(|epoch| epoch.bind(py))
}

/// A moment in UTC.
pub(crate) fn moment(py: Python<'_>, at: Timestamp) -> PyResult<Bound<'_, PyAny>> {
    epoch(py)?.add(delta(py, at.millis())?)
}

/// A duration.
pub(crate) fn elapsed(py: Python<'_>, duration: Duration) -> PyResult<Bound<'_, PyDelta>> {
    delta(py, i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}

/// A duration of so many milliseconds.
pub(crate) fn delta(py: Python<'_>, millis: i64) -> PyResult<Bound<'_, PyDelta>> {
    let days = i32::try_from(millis.div_euclid(DAY_MILLIS))?;
    let rest = millis.rem_euclid(DAY_MILLIS);
    let (seconds, millis) = (i32::try_from(rest / 1_000)?, i32::try_from(rest % 1_000)?);
    PyDelta::new(py, days, seconds, millis.saturating_mul(1_000), false)
}
