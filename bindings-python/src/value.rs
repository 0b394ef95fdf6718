//! Python values as values of a question.

use std::borrow::Cow;
use std::cell::Cell;
use std::net::IpAddr;
use std::sync::LazyLock;

use bumpalo::Bump;
use bumpalo::collections::Vec as ArenaVec;
use notegate::model::{self, Exceeded, Limits, RequestErrorKind, Value};
use notegate::request::{Fields, Given};
use pyo3::Borrowed;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{
    PyBool, PyBytes, PyDateTime, PyDelta, PyDict, PyFrozenSet, PyInt, PyList, PySet, PyString,
    PyTuple, PyType,
};
use smallvec::SmallVec;

use crate::cast::{exactly, instance};
use crate::error::exception;
use crate::place::Place;
use crate::times;
use crate::uid::{Handle, Uid, kind};

/// Reads values into an arena, within the limits of one request.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    pub(crate) arena: &'a Bump,
    limits: &'static Limits,
    /// What a request may still hold, in bytes.
    left: Cell<usize>,
}

/// What a value counts for beside its text.
const VALUE_BYTES: usize = 8;

impl<'a> Reader<'a> {
    /// Reads one request.
    pub(crate) fn new(arena: &'a Bump) -> Self {
        static LIMITS: LazyLock<Limits> = LazyLock::new(Limits::default);
        Self { arena, limits: &LIMITS, left: Cell::new(LIMITS.request_bytes) }
    }

    /// The fields of a dict.
    pub(crate) fn fields(
        &self,
        dict: &Bound<'_, PyDict>,
        place: &Place<'_>,
    ) -> PyResult<Fields<'a>> {
        self.record(dict, place, 1)
    }

    fn record(
        &self,
        dict: &Bound<'_, PyDict>,
        place: &Place<'_>,
        depth: usize,
    ) -> PyResult<Fields<'a>> {
        self.check_depth(dict, depth)?;
        if let Some(fields) = self.plain(dict) {
            return Ok(fields);
        }
        let mut fields = ArenaVec::with_capacity_in(dict.len(), self.arena);
        for (key, value) in entries(dict) {
            let Ok(key) = key.cast::<PyString>() else {
                let message = format!("{place}: expected keys of type str, not `{}`", kind(&key));
                return Err(PyTypeError::new_err(message));
            };
            let key = self.text(key.as_borrowed(), place)?;
            fields.push((key, self.value(&value, &place.key(key), depth)?));
        }
        Ok(fields.into_bump_slice())
    }

    /// The fields of a dict of texts, numbers and truths, as most are; of every other one, and where anything is wrong
    /// or too large, nothing. No code of Python's runs meanwhile, so the dict stays as it is.
    fn plain(&self, dict: &Bound<'_, PyDict>) -> Option<Fields<'a>> {
        let length = dict.len();
        let mut fields = ArenaVec::with_capacity_in(length, self.arena);
        let mut left = self.left.get();
        // So many are there: asking for one more is not free.
        let plain = dict.iter().take(length).all(|(key, value)| {
            let field = self.plain_field(&key, &value, &mut left);
            field.map(|field| fields.push(field)).is_some()
        });
        plain.then(|| {
            self.left.set(left);
            fields.into_bump_slice()
        })
    }

    fn plain_field(
        &self,
        key: &Bound<'_, PyAny>,
        value: &Bound<'_, PyAny>,
        left: &mut usize,
    ) -> Option<(&'a str, Given<'a>)> {
        let mut text = |text: Borrowed<'_, '_, PyString>| -> Option<&'a str> {
            let text = text.to_str().ok()?;
            *left = left.checked_sub(text.len())?;
            Some(self.arena.alloc_str(text))
        };
        let key = text(exactly::<PyString>(key.as_borrowed())?)?;
        let value = value.as_borrowed();
        let given = if let Some(truth) = exactly::<PyBool>(value) {
            Given::Bool(truth.is_true())
        } else if let Some(value) = exactly::<PyString>(value) {
            Given::Text(text(value)?)
        } else {
            Given::Long(exactly::<PyInt>(value)?.extract().ok()?)
        };
        *left = left.checked_sub(VALUE_BYTES)?;
        Some((key, given))
    }

    fn value(
        &self,
        value: &Bound<'_, PyAny>,
        place: &Place<'_>,
        depth: usize,
    ) -> PyResult<Given<'a>> {
        self.spend(value, VALUE_BYTES)?;
        let borrowed = value.as_borrowed();
        if let Some(text) = instance::<PyString>(borrowed) {
            return self.text(text, place).map(Given::Text);
        }
        if let Some(truth) = exactly::<PyBool>(borrowed) {
            return Ok(Given::Bool(truth.is_true()));
        }
        if let Some(number) = instance::<PyInt>(borrowed) {
            return match number.extract() {
                Ok(number) => Ok(Given::Long(number)),
                Err(_) => Err(refused(value, place, "a number beyond 64 bits")),
            };
        }
        if let Some(moment) = instance::<PyDateTime>(borrowed) {
            return match times::millis(&moment)? {
                Some(millis) => Ok(Given::DateTime(millis)),
                None => Err(PyTypeError::new_err(format!(
                    "{place}: a datetime without a time zone is no moment; use `datetime.now(timezone.utc)`"
                ))),
            };
        }
        if let Some(duration) = instance::<PyDelta>(borrowed) {
            return times::duration_millis(&duration).map(Given::Duration);
        }
        if let Some(record) = instance::<PyDict>(borrowed) {
            return self.record(&record, place, depth.saturating_add(1)).map(Given::Record);
        }
        if let Some(list) = instance::<PyList>(borrowed) {
            return self.set(value, list.iter(), list.len(), place, depth.saturating_add(1));
        }
        if let Some(set) = instance::<PySet>(borrowed) {
            // A copy: others may add to it meanwhile.
            let set = PyList::new(value.py(), set.try_iter()?.collect::<PyResult<Vec<_>>>()?)?;
            return self.set(value, set.iter(), set.len(), place, depth.saturating_add(1));
        }
        if let Some(set) = instance::<PyFrozenSet>(borrowed) {
            return self.set(value, set.iter(), set.len(), place, depth.saturating_add(1));
        }
        if let Some(uid) = exactly::<Uid>(borrowed) {
            return self.uid(value, uid.get().parts());
        }
        if let Some(handle) = exactly::<Handle>(borrowed) {
            return self.uid(value, handle.get().0.parts());
        }
        self.other(value, place)
    }

    fn set<'py>(
        &self,
        value: &Bound<'py, PyAny>,
        elements: impl Iterator<Item = Bound<'py, PyAny>>,
        count: usize,
        place: &Place<'_>,
        depth: usize,
    ) -> PyResult<Given<'a>> {
        self.check_depth(value, depth)?;
        let mut given = ArenaVec::with_capacity_in(count, self.arena);
        for (at, element) in elements.enumerate() {
            given.push(self.value(&element, &place.at(at), depth)?);
        }
        Ok(Given::Set(given.into_bump_slice()))
    }

    fn other(&self, value: &Bound<'_, PyAny>, place: &Place<'_>) -> PyResult<Given<'a>> {
        let py = value.py();
        let is = |class: &Class| value.is_instance(class.of(py)?);
        if is(&DECIMAL)? {
            return decimal(value, place).map(Given::Decimal);
        }
        let exact = |class: &Class| -> PyResult<bool> { Ok(value.get_type().is(class.of(py)?)) };
        let given = if exact(&ADDRESS_4)? || exact(&ADDRESS_6)? {
            if value.getattr_opt("scope_id")?.is_some_and(|scope| !scope.is_none()) {
                return Err(refused(value, place, "an address with a scope"));
            }
            let address = address(value)?;
            let prefix = if address.is_ipv4() { 32 } else { 128 };
            Given::Address { address, prefix }
        } else if exact(&NETWORK_4)? || exact(&NETWORK_6)? {
            let address = address(&value.getattr("network_address")?)?;
            Given::Address { address, prefix: value.getattr("prefixlen")?.extract()? }
        } else {
            return Err(unknown(value, place));
        };
        Ok(given)
    }

    fn uid(&self, value: &Bound<'_, PyAny>, (type_name, id): (&str, &str)) -> PyResult<Given<'a>> {
        Exceeded::check("id_bytes", self.limits.id_bytes, id.len())
            .map_err(|exceeded| exception(value.py(), exceeded))?;
        self.spend(value, type_name.len().saturating_add(id.len()))?;
        Ok(Given::Entity((self.arena.alloc_str(type_name), self.arena.alloc_str(id))))
    }

    fn text(&self, value: Borrowed<'_, '_, PyString>, place: &Place<'_>) -> PyResult<&'a str> {
        let text = value.to_str().map_err(|_| refused(&value, place, NOT_UNICODE))?;
        self.spend(&value, text.len())?;
        Ok(self.arena.alloc_str(text))
    }

    fn spend(&self, value: &Bound<'_, PyAny>, bytes: usize) -> PyResult<()> {
        match self.left.get().checked_sub(bytes) {
            Some(left) => {
                self.left.set(left);
                Ok(())
            }
            None => {
                let limit = self.limits.request_bytes;
                let exceeded = Exceeded::new("request_bytes", limit, limit.saturating_add(1));
                Err(exception(value.py(), exceeded))
            }
        }
    }

    fn check_depth(&self, value: &Bound<'_, PyAny>, depth: usize) -> PyResult<()> {
        Exceeded::check("json_nesting", self.limits.json_nesting, depth)
            .map_err(|exceeded| exception(value.py(), exceeded))
    }
}

pub(crate) fn not_a_dict(name: &str, given: &Bound<'_, PyAny>) -> PyErr {
    PyTypeError::new_err(format!("{name}: expected a dict, not `{}`", kind(given)))
}

const NOT_UNICODE: &str = "a text with half a character in it, which has no UTF-8 form";

/// The text of a string.
pub(crate) fn text<'a>(name: &str, value: Borrowed<'a, '_, PyString>) -> PyResult<&'a str> {
    value.extract().map_err(|_: PyErr| refused(&value, &Place::named(name), NOT_UNICODE))
}

pub(crate) type Entries<'py> = SmallVec<[(Bound<'py, PyAny>, Bound<'py, PyAny>); 8]>;

/// The entries of a dict as they are now.
pub(crate) fn entries<'py>(dict: &Bound<'py, PyDict>) -> Entries<'py> {
    dict.iter().collect()
}

fn unknown(value: &Bound<'_, PyAny>, place: &Place<'_>) -> PyErr {
    let help = match value.is_none() {
        true => "leave the key out where there is no value",
        false if value.is_instance_of::<PyTuple>() => {
            "use a list or a set for several values, or `notegate.Uid` for an entity"
        }
        false => {
            "use str, int, bool, datetime, timedelta, Decimal, an address of `ipaddress`, list, set, dict or `notegate.Uid`"
        }
    };
    PyTypeError::new_err(format!("{place}: `{}` is no value of a policy; {help}", kind(value)))
}

fn refused(value: &Bound<'_, PyAny>, place: &Place<'_>, what: &str) -> PyErr {
    let message = format!("{place}: {what}");
    exception(value.py(), model::RequestError::new(RequestErrorKind::Context, message))
}

/// What an adapter of the library says, as Python's values by their names.
pub(crate) fn fields<'py>(
    py: Python<'py>,
    fields: &[(Cow<'static, str>, Value)],
) -> PyResult<Bound<'py, PyDict>> {
    let dict = PyDict::new(py);
    for (name, value) in fields {
        dict.set_item(&**name, python(py, value)?)?;
    }
    Ok(dict)
}

/// A value of the kinds that an address, a body or a manifest gives.
fn python<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Bool(truth) => PyBool::new(py, *truth).to_owned().into_any(),
        Value::Long(number) => number.into_pyobject(py)?.into_any(),
        Value::Text(text) => PyString::new(py, text).into_any(),
        Value::Entity(uid) => Bound::new(py, Uid::of(uid))?.into_any(),
        Value::Duration(millis) => times::delta(py, *millis)?.into_any(),
        Value::Set(elements) => {
            let set = PySet::empty(py)?;
            for element in elements {
                set.add(python(py, element)?)?;
            }
            set.into_any()
        }
        Value::Address { .. } | Value::Decimal(_) | Value::DateTime(_) | Value::Record(_) => {
            return Err(PyTypeError::new_err("a fact has no value in Python"));
        }
    })
}

/// In ten-thousandths.
fn decimal(value: &Bound<'_, PyAny>, place: &Place<'_>) -> PyResult<i64> {
    let wrong = || refused(value, place, "a decimal that does not fit four digits after the point");
    let tuple = value.call_method0("as_tuple")?;
    let Ok(exponent) = tuple.getattr("exponent")?.extract::<i64>() else {
        return Err(refused(value, place, "a decimal that is not finite"));
    };
    let digits: Vec<u8> = tuple.getattr("digits")?.extract().map_err(|_| wrong())?;
    let number = digits
        .iter()
        .try_fold(0_i128, |number, digit| number.checked_mul(10)?.checked_add(i128::from(*digit)));
    let mut number = number.ok_or_else(wrong)?;
    let mut places = exponent.saturating_add(4);
    while places > 0 && number != 0 {
        number = number.checked_mul(10).ok_or_else(wrong)?;
        places = places.saturating_sub(1);
    }
    while places < 0 && number != 0 {
        if number % 10 != 0 {
            return Err(wrong());
        }
        number /= 10;
        places = places.saturating_add(1);
    }
    let negative: u8 = tuple.getattr("sign")?.extract()?;
    let number = if negative == 1 { number.saturating_neg() } else { number };
    i64::try_from(number).map_err(|_| wrong())
}

fn address(value: &Bound<'_, PyAny>) -> PyResult<IpAddr> {
    let packed = value.getattr("packed")?;
    let packed = packed.cast::<PyBytes>()?.as_bytes();
    if let Ok(four) = <[u8; 4]>::try_from(packed) {
        return Ok(IpAddr::from(four));
    }
    Ok(IpAddr::from(<[u8; 16]>::try_from(packed)?))
}

/// A class of the standard library, imported when it is first needed.
struct Class {
    module: &'static str,
    name: &'static str,
    found: PyOnceLock<Py<PyType>>,
}

impl Class {
    const fn new(module: &'static str, name: &'static str) -> Self {
        Self { module, name, found: PyOnceLock::new() }
    }

    fn of<'py>(&self, py: Python<'py>) -> PyResult<&Bound<'py, PyType>> {
        self.found.import(py, self.module, self.name)
    }
}

static DECIMAL: Class = Class::new("decimal", "Decimal");
static ADDRESS_4: Class = Class::new("ipaddress", "IPv4Address");
static ADDRESS_6: Class = Class::new("ipaddress", "IPv6Address");
static NETWORK_4: Class = Class::new("ipaddress", "IPv4Network");
static NETWORK_6: Class = Class::new("ipaddress", "IPv6Network");
