//! A store in the making.

use std::fmt;
use std::sync::Arc;

use super::arrival::Arrival;
use super::gate::Gate;
#[cfg(target_family = "wasm")]
use super::gate::Held;
#[cfg(not(target_family = "wasm"))]
use super::state::StateFolder;
use super::{Mark, Observer, Origin, Part, Rules, Store};
use crate::bundle::Bundle;
use crate::engine::Options;
use crate::model::LoadError;
use crate::model::clock::Clock;

/// A store in the making.
pub(crate) struct StoreBuilder {
    pub(crate) options: Options,
    pub(crate) rules: Rules,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) observer: Option<Box<dyn Observer>>,
    /// The highest sequence that was in force before, as the host kept it.
    pub(crate) highest: Option<Mark>,
    #[cfg(not(target_family = "wasm"))]
    pub(crate) state: Option<std::path::PathBuf>,
}

impl StoreBuilder {
    /// The store, with this bundle in force.
    ///
    /// # Errors
    /// When the bundle is refused, or the state folder cannot be used.
    pub(crate) fn open(self, bundle: &Bundle) -> Result<Store, LoadError> {
        let (gate, highest) = self.gate()?;
        Self::opened(gate, highest, Arrival::Bundle(bundle.clone()))
    }

    /// The store, with the bundle in force that these bytes are.
    ///
    /// # Errors
    /// As [`StoreBuilder::open`], and when the bytes are not trusted.
    pub(crate) fn open_bytes(self, bytes: &[u8]) -> Result<Store, LoadError> {
        let (gate, highest) = self.gate()?;
        let arrival = gate.reading(Part::Bundle).bytes(bytes)?;
        Self::opened(gate, highest, arrival)
    }

    fn opened(gate: Gate, highest: Option<Mark>, arrival: Arrival) -> Result<Store, LoadError> {
        let started = gate.clock.elapsed();
        #[cfg(not(target_family = "wasm"))]
        let held = gate.remembered().at_least(highest);
        #[cfg(target_family = "wasm")]
        let held = Held::default().at_least(highest);
        let passed = gate.pass(&held, arrival, &Origin::Host, None)?;
        Ok(Store::holding(gate, passed, &Origin::Host, started))
    }

    /// The gate, and what the host says was in force before.
    pub(super) fn gate(self) -> Result<(Gate, Option<Mark>), LoadError> {
        let gate = Gate {
            options: self.options,
            rules: self.rules,
            clock: self.clock,
            observer: self.observer,
            #[cfg(not(target_family = "wasm"))]
            state: self.state.as_deref().map(StateFolder::open).transpose()?,
        };
        Ok((gate, self.highest))
    }
}

impl fmt::Debug for StoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreBuilder").field("rules", &self.rules).finish_non_exhaustive()
    }
}
