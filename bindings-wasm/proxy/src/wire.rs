//! Protobuf on the wire, read where it lies.

use crate::claims::Unreadable;

/// A message: fields one after the other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Message<'m>(pub(crate) &'m [u8]);

/// What a field holds.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Field<'m> {
    Bytes(&'m [u8]),
    Number,
}

/// The fields of a message in the order in which they lie, with their numbers. After an error there are none.
#[derive(Debug)]
pub(crate) struct Fields<'m>(&'m [u8]);

impl<'m> Message<'m> {
    pub(crate) fn fields(self) -> Fields<'m> {
        Fields(self.0)
    }

    /// The one field of that number.
    ///
    /// # Errors
    /// When there are two.
    pub(crate) fn one(self, number: u32) -> Result<Option<Field<'m>>, Unreadable> {
        let mut found = None;
        for field in self.fields() {
            let (known, field) = field?;
            if known == number && found.replace(field).is_some() {
                return Err(Unreadable);
            }
        }
        Ok(found)
    }
}

impl<'m> Field<'m> {
    pub(crate) fn message(self) -> Result<Message<'m>, Unreadable> {
        self.bytes().map(Message)
    }

    pub(crate) fn text(self) -> Result<&'m str, Unreadable> {
        std::str::from_utf8(self.bytes()?).map_err(|_| Unreadable)
    }

    fn bytes(self) -> Result<&'m [u8], Unreadable> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Number => Err(Unreadable),
        }
    }
}

impl<'m> Iterator for Fields<'m> {
    type Item = Result<(u32, Field<'m>), Unreadable>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        Some(field.ok_or(Unreadable))
    }
}

impl<'m> Fields<'m> {
    fn field(&mut self) -> Option<(u32, Field<'m>)> {
        let tag = u32::try_from(self.number()?).ok()?;
        let field = match tag & 7 {
            0 => self.number().map(|_| Field::Number),
            1 => self.take(8).map(|_| Field::Number),
            2 => {
                let length = usize::try_from(self.number()?).ok()?;
                self.take(length).map(Field::Bytes)
            }
            5 => self.take(4).map(|_| Field::Number),
            // Groups, which nobody writes any more.
            _ => None,
        }?;
        Some((tag >> 3, field)).filter(|(number, _)| *number > 0)
    }

    fn take(&mut self, length: usize) -> Option<&'m [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for place in 0..10_u32 {
            let byte = self.take(1)?.first().copied()?;
            let bits = u64::from(byte & 0x7f);
            let shifted = bits.checked_shl(place.checked_mul(7)?)?;
            // The tenth byte holds one bit.
            if place == 9 && bits > 1 {
                return None;
            }
            number |= shifted;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}
