//! A question in borrowed parts.

use std::net::IpAddr;
use std::sync::Arc;

use super::names::{Names, TypeName, Uid, UidId};
use crate::model::{
    Context, EntityId, EntityTypeName, EntityUid, Limits, RequestError, RequestErrorKind,
    RestrictedExpression, Timestamp,
};
use crate::request::{Request, RequestBuilder, Shape};

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
    handles: [Option<&'a Handle>; 3],
    context: &'a [(&'a str, Given<'a>)],
}

/// An entity uid that is asked about often, looked up once.
///
/// It stays right whatever snapshot it is used with; it saves the look-up with the snapshot it comes
/// from and with those built after it.
#[derive(Debug, Clone)]
pub struct Handle {
    type_name: Box<str>,
    id: Box<str>,
    /// The number, and the names in which it is one.
    known: Option<(UidId, Arc<()>)>,
}

/// An entity of a question.
#[derive(Debug, Clone, Copy)]
pub enum Asked<'a> {
    /// The name of its type, and its id.
    Parts(&'a str, &'a str),
    /// Looked up before.
    Handle(&'a Handle),
}

impl<'a> From<(&'a str, &'a str)> for Asked<'a> {
    fn from((type_name, id): (&'a str, &'a str)) -> Self {
        Self::Parts(type_name, id)
    }
}

impl<'a> From<&'a Handle> for Asked<'a> {
    fn from(handle: &'a Handle) -> Self {
        Self::Handle(handle)
    }
}

impl Handle {
    pub(super) fn new(type_name: &str, id: &str, names: &Names) -> Self {
        let parts = (type_name, id);
        let [uid] = names.written([&parts]);
        let known = uid.known().map(|id| (id, Arc::clone(names.lineage())));
        Self { type_name: type_name.into(), id: id.into(), known }
    }

    /// The name of its type, and its id.
    #[must_use]
    pub fn parts(&self) -> (&str, &str) {
        (&self.type_name, &self.id)
    }

    fn number(&self, names: &Names) -> Option<UidId> {
        let (id, lineage) = self.known.as_ref()?;
        Arc::ptr_eq(lineage, names.lineage()).then_some(*id)
    }
}

impl<'a> Question<'a> {
    /// A question: of each entity the name of its type and its id, or its handle.
    ///
    /// # Errors
    /// When a record, the context among them, has a key twice.
    pub fn new(
        principal: impl Into<Asked<'a>>,
        action: impl Into<Asked<'a>>,
        resource: impl Into<Asked<'a>>,
        context: &'a [(&'a str, Given<'a>)],
    ) -> Result<Self, RequestError> {
        check(context)?;
        let asked = [principal.into(), action.into(), resource.into()];
        let uids = asked.map(|asked| match asked {
            Asked::Parts(type_name, id) => (type_name, id),
            Asked::Handle(handle) => handle.parts(),
        });
        let handles = asked.map(|asked| match asked {
            Asked::Parts(..) => None,
            Asked::Handle(handle) => Some(handle),
        });
        Ok(Self { uids, handles, context })
    }

    /// Whether all types of it have a name of the language's, the `uids` among them.
    pub(super) fn is_well_named(&self, uids: &[Uid<'_>; 3], names: &Names) -> bool {
        let is_named = |uid: &Uid<'_>| match uid {
            Uid::Written((type_name, _)) => is_known(type_name, names),
            Uid::Known(_) | Uid::Parsed(_) => true,
        };
        uids.iter().all(is_named)
            && self.context.iter().all(|(_, given)| given.is_well_named(names))
    }

    pub(super) fn uids<'q>(&'q self, names: &Names) -> [Uid<'q>; 3] {
        let written = self.uids.each_ref();
        if self.handles.iter().all(Option::is_none) {
            return names.written(written);
        }
        let [one, two, three] = &self.handles;
        let [principal, action, resource] = written;
        [(one, principal), (two, action), (three, resource)].map(|(handle, parts)| {
            let number = handle.and_then(|handle| handle.number(names));
            number.map_or_else(
                || {
                    let [uid] = names.written([parts]);
                    uid
                },
                Uid::Known,
            )
        })
    }

    /// The names of the types, and the ids.
    pub(super) fn named(&self) -> &[(&'a str, &'a str); 3] {
        &self.uids
    }

    /// The facts about this one request.
    #[must_use]
    pub fn context(&self) -> &'a [(&'a str, Given<'a>)] {
        self.context
    }

    /// The same question with these facts and no others.
    ///
    /// # Errors
    /// When a record, the context among them, has a key twice.
    pub fn with_context<'b>(
        &self,
        context: &'b [(&'b str, Given<'b>)],
    ) -> Result<Question<'b>, RequestError>
    where
        'a: 'b,
    {
        check(context)?;
        Ok(Question { context, ..*self })
    }

    /// The same question as a request, which the official evaluator can be asked.
    ///
    /// # Errors
    /// When a type has no name of the language's, or a value has no form there.
    pub fn to_request(&self, limits: &Limits) -> Result<Request, RequestError> {
        let shape =
            Shape { schema: None, validate: false, limits: *limits, now: None, namespace: None };
        self.to_builder()?.build(&shape)
    }

    /// The same question as a request in the making, to which entities can be added.
    ///
    /// # Errors
    /// When a type has no name of the language's, or a value has no form there.
    pub fn to_builder(&self) -> Result<RequestBuilder, RequestError> {
        let uid = |parts: (&str, &str)| {
            uid(parts).map_err(|message| RequestError::new(RequestErrorKind::EntityUid, message))
        };
        let [principal, action, resource] = self.uids;
        let fields = self
            .context
            .iter()
            .map(|(key, given)| given.to_expression().map(|value| ((*key).to_owned(), value)));
        let context = Context::from_pairs(fields.collect::<Result<Vec<_>, _>>()?);
        let context = context
            .map_err(|error| RequestError::new(RequestErrorKind::Context, error.to_string()))?;
        Ok(Request::builder(uid(principal)?, uid(action)?, uid(resource)?).context(context))
    }
}

impl Given<'_> {
    fn is_well_named(&self, names: &Names) -> bool {
        match self {
            Self::Entity((type_name, _)) => is_known(type_name, names),
            Self::Set(elements) => elements.iter().all(|one| one.is_well_named(names)),
            Self::Record(fields) => fields.iter().all(|(_, one)| one.is_well_named(names)),
            _ => true,
        }
    }

    /// The same value in the language's own form.
    ///
    /// # Errors
    /// When a type has no name of the language's, or the value has no form there.
    pub fn to_expression(&self) -> Result<RestrictedExpression, RequestError> {
        self.expression().map_err(|message| RequestError::new(RequestErrorKind::Context, message))
    }

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
            Self::DateTime(millis @ 0..=LAST_OF_9999) => {
                let moment = Timestamp::from_millis(*millis).map(|moment| moment.to_string());
                let text = moment.ok_or_else(|| format!("`{millis}` is not a moment"))?;
                Ok(RestrictedExpression::new_datetime(text))
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

/// The last millisecond that the language writes with a year of four digits.
const LAST_OF_9999: i64 = 253_402_300_799_999;

fn uid((type_name, id): (&str, &str)) -> Result<EntityUid, String> {
    let name = type_of(type_name)
        .ok_or_else(|| format!("`{}` is not the name of a type", type_name.escape_debug()))?;
    Ok(EntityUid::from_type_name_and_id(name, EntityId::new(id)))
}

/// The type of that name, written as the language writes it and in no other way.
fn type_of(name: &str) -> Option<EntityTypeName> {
    name.parse().ok().filter(|parsed: &EntityTypeName| parsed.to_string() == name)
}

fn is_known(type_name: &str, names: &Names) -> bool {
    names.type_id(TypeName::Written(type_name)).is_some() || type_of(type_name).is_some()
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
