//! Addresses, decimals, moments and durations.

use std::net::IpAddr;

use cedar_policy_core::ast::{
    ExprKind, Literal, Name, PartialValue, RepresentableExtensionValue, RestrictedExpr,
    Value as OfficialValue, ValueKind,
};
use cedar_policy_core::extensions::Extensions;

/// An address, or a range of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) struct Address {
    pub(super) address: IpAddr,
    pub(super) prefix: u8,
}

/// A value of an extension type.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) enum Extension {
    /// In ten-thousandths.
    Decimal(i64),
    /// In milliseconds since 1970.
    DateTime(i64),
    /// In milliseconds.
    Duration(i64),
    Address(Address),
}

/// A function of the language's extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    /// `ip`, `decimal`, `datetime` or `duration`.
    Make(Made),
    IsIpv4,
    IsIpv6,
    IsLoopback,
    IsMulticast,
    IsInRange,
    LessThan,
    LessThanOrEqual,
    GreaterThan,
    GreaterThanOrEqual,
    Offset,
    DurationSince,
    ToDate,
    ToTime,
    /// Whole units of so many milliseconds.
    ToUnits(i64),
}

/// What a constructor makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::engine) enum Made {
    Address,
    Decimal,
    DateTime,
    Duration,
}

impl Function {
    /// The function of that name that takes so many arguments.
    pub(super) fn named(name: &Name, arguments: usize) -> Option<Self> {
        if !name.is_unqualified() {
            return None;
        }
        let name: &str = name.basename_as_ref().as_ref();
        let (function, takes) = match name {
            "ip" => (Self::Make(Made::Address), 1),
            "decimal" => (Self::Make(Made::Decimal), 1),
            "datetime" => (Self::Make(Made::DateTime), 1),
            "duration" => (Self::Make(Made::Duration), 1),
            "isIpv4" => (Self::IsIpv4, 1),
            "isIpv6" => (Self::IsIpv6, 1),
            "isLoopback" => (Self::IsLoopback, 1),
            "isMulticast" => (Self::IsMulticast, 1),
            "isInRange" => (Self::IsInRange, 2),
            "lessThan" => (Self::LessThan, 2),
            "lessThanOrEqual" => (Self::LessThanOrEqual, 2),
            "greaterThan" => (Self::GreaterThan, 2),
            "greaterThanOrEqual" => (Self::GreaterThanOrEqual, 2),
            "offset" => (Self::Offset, 2),
            "durationSince" => (Self::DurationSince, 2),
            "toDate" => (Self::ToDate, 1),
            "toTime" => (Self::ToTime, 1),
            "toMilliseconds" => (Self::ToUnits(1), 1),
            "toSeconds" => (Self::ToUnits(1_000), 1),
            "toMinutes" => (Self::ToUnits(60_000), 1),
            "toHours" => (Self::ToUnits(3_600_000), 1),
            "toDays" => (Self::ToUnits(86_400_000), 1),
            _ => return None,
        };
        (takes == arguments).then_some(function)
    }
}

impl Made {
    const ALL: [Self; 4] = [Self::Address, Self::Decimal, Self::DateTime, Self::Duration];

    /// What the constructor of this name makes.
    pub(in crate::engine) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|made| made.constructor() == name)
    }

    /// What makes values of this type.
    pub(in crate::engine) fn of_type(name: &Name) -> Option<Self> {
        if !name.is_unqualified() {
            return None;
        }
        let name: &str = name.basename_as_ref().as_ref();
        Self::ALL.into_iter().find(|made| match made {
            Self::Address => name == "ipaddr",
            made => name == made.constructor(),
        })
    }

    fn constructor(self) -> &'static str {
        match self {
            Self::Address => "ip",
            Self::Decimal => "decimal",
            Self::DateTime => "datetime",
            Self::Duration => "duration",
        }
    }

    /// The value that this text stands for; the language's own constructor reads it.
    pub(in crate::engine) fn read(self, text: &str) -> Option<Extension> {
        let value = call(self.constructor(), &[OfficialValue::from(text)])?;
        let ValueKind::ExtensionValue(value) = value.value_kind() else { return None };
        read(value)
    }
}

impl Extension {
    /// The language's own value.
    pub(super) fn to_value(self) -> Option<OfficialValue> {
        let duration = |millis: i64| call("duration", &[format!("{millis}ms").into()]);
        match self {
            Self::Decimal(value) => {
                let (sign, size) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
                let (whole, part) = (size.div_euclid(10_000), size.rem_euclid(10_000));
                call("decimal", &[format!("{sign}{whole}.{part:04}").into()])
            }
            Self::DateTime(millis) => {
                let start = call("datetime", &["1970-01-01".into()])?;
                call("offset", &[start, duration(millis)?])
            }
            Self::Duration(millis) => duration(millis),
            Self::Address(Address { address, prefix }) => {
                let address = match address {
                    IpAddr::V4(address) => address.to_string(),
                    // Group by group: the language does not read a V4 address inside a V6 one.
                    IpAddr::V6(address) => {
                        address.segments().map(|group| format!("{group:x}")).join(":")
                    }
                };
                call("ip", &[format!("{address}/{prefix}").into()])
            }
        }
    }
}

/// Calls a function of the language's extensions.
fn call(name: &str, arguments: &[OfficialValue]) -> Option<OfficialValue> {
    let name = Name::parse_unqualified_name(name).ok()?;
    let function = Extensions::all_available().func(&name).ok()?;
    match function.call(arguments).ok()? {
        PartialValue::Value(value) => Some(value),
        PartialValue::Residual(_) => None,
    }
}

impl Address {
    pub(super) fn is_loopback(self) -> bool {
        self.address.is_loopback() && self.prefix >= if self.address.is_ipv4() { 8 } else { 128 }
    }

    pub(super) fn is_multicast(self) -> bool {
        self.address.is_multicast() && self.prefix >= if self.address.is_ipv4() { 4 } else { 8 }
    }

    /// Whether every address of this range is one of the other.
    pub(super) fn is_in(self, range: Self) -> bool {
        // A prefix of zero keeps no bit, which a shift by the whole width would not give.
        let differ = match (self.address, range.address) {
            (IpAddr::V4(one), IpAddr::V4(two)) => {
                let shift = 32_u32.saturating_sub(u32::from(range.prefix));
                (u32::from(one) ^ u32::from(two)).checked_shr(shift).unwrap_or(0) != 0
            }
            (IpAddr::V6(one), IpAddr::V6(two)) => {
                let shift = 128_u32.saturating_sub(u32::from(range.prefix));
                (u128::from(one) ^ u128::from(two)).checked_shr(shift).unwrap_or(0) != 0
            }
            _ => true,
        };
        !differ && range.prefix <= self.prefix
    }
}

/// Reads a value of the language through its canonical written form.
pub(super) fn read(value: &RepresentableExtensionValue) -> Option<Extension> {
    let (name, arguments) = value.value().canonical_repr();
    let name: &str = name.basename_as_ref().as_ref();
    match name {
        "ip" => {
            let (address, prefix) = text(arguments.first()?)?.split_once('/')?;
            let (address, prefix) = (address.parse().ok()?, prefix.parse().ok()?);
            Some(Extension::Address(Address { address, prefix }))
        }
        // Always with four digits after the point.
        "decimal" => {
            let (whole, fraction) = text(arguments.first()?)?.split_once('.')?;
            let digits = (fraction.len() == 4).then(|| format!("{whole}{fraction}"))?;
            Some(Extension::Decimal(digits.parse().ok()?))
        }
        "duration" => Some(Extension::Duration(millis(arguments.first()?)?)),
        // A moment is the start of 1970 with a duration added.
        "offset" => match arguments.get(1)?.as_ref().expr_kind() {
            ExprKind::ExtensionFunctionApp { args, .. } => {
                let ExprKind::Lit(Literal::String(text)) = args.first()?.expr_kind() else {
                    return None;
                };
                Some(Extension::DateTime(text.strip_suffix("ms")?.parse().ok()?))
            }
            _ => None,
        },
        _ => None,
    }
}

fn text(expression: &RestrictedExpr) -> Option<&str> {
    match expression.as_ref().expr_kind() {
        ExprKind::Lit(Literal::String(text)) => Some(text),
        _ => None,
    }
}

fn millis(expression: &RestrictedExpr) -> Option<i64> {
    text(expression)?.strip_suffix("ms")?.parse().ok()
}
