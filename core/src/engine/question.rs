//! A question in borrowed parts.

use std::net::IpAddr;

use crate::model::{
    Context, EntityId, EntityTypeName, EntityUid, Limits, RequestError, RequestErrorKind,
    RestrictedExpression,
};
use crate::request::{Request, Shape};

/// A value of a context, borrowed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Given<'a> {
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Long(i64),
    /// A string.
    Text(&'a str),
    /// An entity: the name of its type, and its id.
    Entity((&'a str, &'a str)),
    /// An address with its prefix; of one address, 32 or 128.
    Address {
        /// The address.
        address: IpAddr,
        /// How many of its bits are the network's.
        prefix: u8,
    },
    /// A decimal, in ten-thousandths.
    Decimal(i64),
    /// A moment, in milliseconds since 1970.
    DateTime(i64),
    /// A duration, in milliseconds.
    Duration(i64),
    /// A set; what is there twice counts once.
    Set(&'a [Given<'a>]),
    /// A record, each key once.
    Record(&'a [(&'a str, Given<'a>)]),
}

/// May this principal take this action on this resource, in this context? Asked in borrowed parts,
/// so that asking allocates nothing.
///
/// A question is not held against the schema. What a policy looks for in it and does not find is an
/// error like any other, and an erring forbid denies.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    uids: [(&'a str, &'a str); 3],
    context: &'a [(&'a str, Given<'a>)],
}

impl<'a> Question<'a> {
    /// A question: of each entity the name of its type and its id.
    ///
    /// # Errors
    /// When a record, the context among them, has a key twice.
    pub fn new(
        principal: (&'a str, &'a str),
        action: (&'a str, &'a str),
        resource: (&'a str, &'a str),
        context: &'a [(&'a str, Given<'a>)],
    ) -> Result<Self, RequestError> {
        check(context)?;
        Ok(Self { uids: [principal, action, resource], context })
    }

    pub(super) fn uids(&self) -> [&(&'a str, &'a str); 3] {
        self.uids.each_ref()
    }

    pub(super) fn context(&self) -> &'a [(&'a str, Given<'a>)] {
        self.context
    }

    /// The same question as a request, which the official evaluator can be asked.
    ///
    /// # Errors
    /// When a type has no name of the language's, or a value has no form there.
    pub fn to_request(&self, limits: &Limits) -> Result<Request, RequestError> {
        let wrong = |message: String| RequestError::new(RequestErrorKind::Context, message);
        let uid = |parts: (&str, &str)| uid(parts).map_err(wrong);
        let [principal, action, resource] = self.uids;
        let fields = self.context.iter().map(|(key, given)| {
            given.expression().map(|value| ((*key).to_owned(), value)).map_err(wrong)
        });
        let context = Context::from_pairs(fields.collect::<Result<Vec<_>, _>>()?);
        let context = context.map_err(|error| wrong(error.to_string()))?;
        let shape =
            Shape { schema: None, validate: false, limits: *limits, now: None, namespace: None };
        Request::builder(uid(principal)?, uid(action)?, uid(resource)?)
            .context(context)
            .build(&shape)
    }
}

impl Given<'_> {
    fn expression(&self) -> Result<RestrictedExpression, String> {
        // Only numbers and addresses of ours are put into text here.
        let parse = |text: String| text.parse().map_err(|_| format!("`{text}` is not a value"));
        match self {
            Self::Bool(value) => Ok(RestrictedExpression::new_bool(*value)),
            Self::Long(value) => Ok(RestrictedExpression::new_long(*value)),
            Self::Text(text) => Ok(RestrictedExpression::new_string((*text).to_owned())),
            Self::Entity(parts) => Ok(RestrictedExpression::new_entity_uid(uid(*parts)?)),
            Self::Address { address: IpAddr::V4(address), prefix } => {
                parse(format!("ip(\"{address}/{prefix}\")"))
            }
            // Group by group: the language does not read a V4 address written inside a V6 one.
            Self::Address { address: IpAddr::V6(address), prefix } => {
                let groups = address.segments().map(|group| format!("{group:x}")).join(":");
                parse(format!("ip(\"{groups}/{prefix}\")"))
            }
            Self::Decimal(value) => {
                let (sign, size) = (if *value < 0 { "-" } else { "" }, value.unsigned_abs());
                let (whole, part) = (size.div_euclid(10_000), size.rem_euclid(10_000));
                parse(format!("decimal(\"{sign}{whole}.{part:04}\")"))
            }
            Self::DateTime(millis) => {
                parse(format!("datetime(\"1970-01-01\").offset(duration(\"{millis}ms\"))"))
            }
            Self::Duration(millis) => parse(format!("duration(\"{millis}ms\")")),
            Self::Set(elements) => {
                let elements = elements.iter().map(Self::expression);
                Ok(RestrictedExpression::new_set(elements.collect::<Result<Vec<_>, _>>()?))
            }
            Self::Record(fields) => {
                let fields = fields
                    .iter()
                    .map(|(key, value)| value.expression().map(|value| ((*key).to_owned(), value)));
                RestrictedExpression::new_record(fields.collect::<Result<Vec<_>, _>>()?)
                    .map_err(|error| error.to_string())
            }
        }
    }
}

fn uid((type_name, id): (&str, &str)) -> Result<EntityUid, String> {
    let type_name: EntityTypeName = type_name
        .parse()
        .map_err(|_| format!("`{}` is not the name of a type", type_name.escape_debug()))?;
    Ok(EntityUid::from_type_name_and_id(type_name, EntityId::new(id)))
}

fn check(fields: &[(&str, Given<'_>)]) -> Result<(), RequestError> {
    let mut rest = fields;
    while let Some(((key, given), after)) = rest.split_first() {
        if after.iter().any(|(other, _)| other == key) {
            let message = format!("key `{}` is there twice", key.escape_debug());
            return Err(RequestError::new(RequestErrorKind::Context, message));
        }
        check_value(given)?;
        rest = after;
    }
    Ok(())
}

fn check_value(given: &Given<'_>) -> Result<(), RequestError> {
    match given {
        Given::Set(elements) => elements.iter().try_for_each(check_value),
        Given::Record(fields) => check(fields),
        _ => Ok(()),
    }
}
