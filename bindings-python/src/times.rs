//! Moments and durations of Python's.

use std::time::Duration;

use notegate::model::Timestamp;
use pyo3::prelude::*;
use pyo3::types::{
    PyDateAccess as _, PyDateTime, PyDelta, PyDeltaAccess as _, PyTimeAccess as _, PyTzInfo,
    PyTzInfoAccess as _,
};

const DAY_MILLIS: i64 = 86_400_000;

/// Milliseconds since 1970; `None` of a moment without a time zone.
pub(crate) fn millis(moment: &Bound<'_, PyDateTime>) -> PyResult<Option<i64>> {
    let Some(zone) = moment.get_tzinfo() else { return Ok(None) };
    let offset = match zone.is(&*PyTzInfo::utc(moment.py())?) {
        true => 0,
        false => {
            let offset = moment.call_method0("utcoffset")?;
            match offset.cast::<PyDelta>() {
                Ok(offset) => duration_millis(offset),
                Err(_) => return Ok(None),
            }
        }
    };
    let days = days_from_civil(moment.get_year(), moment.get_month(), moment.get_day());
    let seconds = i64::from(moment.get_hour())
        .saturating_mul(3_600)
        .saturating_add(i64::from(moment.get_minute()).saturating_mul(60))
        .saturating_add(i64::from(moment.get_second()));
    let local = days
        .saturating_mul(DAY_MILLIS)
        .saturating_add(seconds.saturating_mul(1_000))
        .saturating_add(i64::from(moment.get_microsecond() / 1_000));
    Ok(Some(local.saturating_sub(offset)))
}

/// Whole milliseconds, rounded down.
pub(crate) fn duration_millis(duration: &Bound<'_, PyDelta>) -> i64 {
    // Python keeps it normalised: of a negative one only the days are below zero.
    i64::from(duration.get_days())
        .saturating_mul(DAY_MILLIS)
        .saturating_add(i64::from(duration.get_seconds()).saturating_mul(1_000))
        .saturating_add(i64::from(duration.get_microseconds() / 1_000))
}

/// Days since 1970 of a day of the Gregorian calendar from the year 1 on.
fn days_from_civil(year: i32, month: u8, day: u8) -> i64 {
    let (month, day) = (i64::from(month), i64::from(day));
    // Years start in March, so that a leap day is a year's last.
    let year = i64::from(year).saturating_sub(i64::from(month <= 2));
    let since_march = (month.saturating_add(9)) % 12;
    let day_of_year = (since_march.saturating_mul(153).saturating_add(2) / 5)
        .saturating_add(day)
        .saturating_sub(1);
    year.saturating_mul(365)
        .saturating_add(year / 4)
        .saturating_sub(year / 100)
        .saturating_add(year / 400)
        .saturating_add(day_of_year)
        .saturating_sub(719_468)
}

/// A moment in UTC.
pub(crate) fn moment(py: Python<'_>, at: Timestamp) -> PyResult<Bound<'_, PyAny>> {
    let utc = PyTzInfo::utc(py)?;
    let epoch = PyDateTime::new(py, 1970, 1, 1, 0, 0, 0, 0, Some(&utc))?;
    epoch.call_method1("__add__", (delta(py, at.millis())?,))
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
