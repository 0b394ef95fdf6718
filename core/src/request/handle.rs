//! An entity uid that is asked about often.

use std::sync::Arc;

/// An entity uid that is asked about often, looked up once.
///
/// It stays right whatever snapshot it is used with; it saves the look-up with the snapshot it comes
/// from and with those built after it.
#[derive(Debug, Clone)]
pub struct Handle {
    type_name: Box<str>,
    id: Box<str>,
    /// The number, and what makes it known again where it is one.
    known: Option<(u32, Arc<()>)>,
}

impl Handle {
    pub(crate) fn new(type_name: &str, id: &str, known: Option<(u32, Arc<()>)>) -> Self {
        Self { type_name: type_name.into(), id: id.into(), known }
    }

    /// The name of its type, and its id.
    #[must_use]
    pub fn parts(&self) -> (&str, &str) {
        (&self.type_name, &self.id)
    }

    /// The number, where it is one.
    pub(crate) fn number(&self, lineage: &Arc<()>) -> Option<u32> {
        let (number, known) = self.known.as_ref()?;
        Arc::ptr_eq(known, lineage).then_some(*number)
    }
}
