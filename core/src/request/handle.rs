//! An entity uid that is asked about often.

use std::borrow::Cow;
use std::sync::Arc;

use smol_str::SmolStr;

use crate::model::notebook;

/// An entity uid that is asked about often, looked up once.
///
/// It stays right whatever snapshot it is used with; it saves the look-up with the snapshot it comes
/// from and with those built after it.
#[derive(Debug, Clone)]
pub struct Handle {
    /// The model's own where it is one of it: then asking reads no memory of this handle's but the handle.
    type_name: Cow<'static, str>,
    id: SmolStr,
    /// The number, and what makes it known again where it is one.
    known: Option<(u32, Arc<()>)>,
}

impl Handle {
    pub(crate) fn new(type_name: &str, id: &str, known: Option<(u32, Arc<()>)>) -> Self {
        let own = type_name.strip_prefix("Notebook::").and_then(notebook::type_name);
        let type_name = own.map_or_else(|| type_name.to_owned().into(), Cow::Borrowed);
        Self { type_name, id: id.into(), known }
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
