//! Where something to put in force may lie.

use super::bell::Bell;
use crate::model::LoadError;
use crate::store::arrival::Arrival;
use crate::store::reading::Reading;

/// Where something to put in force may lie.
pub(super) trait Place: Send {
    /// What to call it.
    fn name(&self) -> &str;

    /// What lies there; `None` when it is what was kept.
    fn fetch(&mut self, reading: &Reading<'_>, bell: &Bell) -> Result<Option<Arrival>, LoadError>;

    /// What was fetched last need not be fetched again.
    fn keep(&mut self);
}
