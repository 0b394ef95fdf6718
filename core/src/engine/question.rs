//! A question in borrowed parts.

use std::net::IpAddr;

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
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    uids: [(&'a str, &'a str); 3],
    context: &'a [(&'a str, Given<'a>)],
}

impl<'a> Question<'a> {
    pub(super) fn uids(&self) -> [&(&'a str, &'a str); 3] {
        self.uids.each_ref()
    }

    pub(super) fn context(&self) -> &'a [(&'a str, Given<'a>)] {
        self.context
    }
}
