//! Moments and durations of Python's.

use std::time::Duration;

use notegate::model::Timestamp;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDateTime, PyDelta, PyTzInfo};

const DAY_MILLIS: i64 = 86_400_000;

/// Milliseconds since 1970, rounded down; `None` of a moment without a time zone.
///
/// Python subtracts and divides: the stable interface has a year, a month and so on only one by one, at
/// the price of a call each.
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
    static MILLI: PyOnceLock<Py<PyDelta>> = PyOnceLock::new();
    let py = duration.py();
    let milli = MILLI.get_or_try_init(py, || delta(py, 1).map(Bound::unbind))?;
    duration.floor_div(milli)?.extract()
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

fn delta(py: Python<'_>, millis: i64) -> PyResult<Bound<'_, PyDelta>> {
    let days = i32::try_from(millis.div_euclid(DAY_MILLIS))?;
    let rest = millis.rem_euclid(DAY_MILLIS);
    let (seconds, millis) = (i32::try_from(rest / 1_000)?, i32::try_from(rest % 1_000)?);
    PyDelta::new(py, days, seconds, millis.saturating_mul(1_000), false)
}
