//! The Python door: decisions inside the Python program that enforces them.
//!
//! It turns Python values into a question, asks the decision point, and turns the answer back. What is
//! allowed is decided in the library.

mod arena;
mod bundle;
mod cast;
mod command;
mod entity;
mod error;
mod event;
mod jupyter;
mod kubernetes;
mod open;
mod pdp;
mod place;
mod process;
mod records;
mod response;
mod status;
mod times;
mod uid;
mod value;

/// What `notegate` is made of; import it from there.
#[pyo3::pymodule(gil_used = false)]
mod _native {
    #[pymodule_export]
    use crate::command::command;
    #[pymodule_export]
    use crate::entity::Entity;
    #[pymodule_export]
    use crate::error::{LoadError, NotegateError, PodError, Problem, RequestError, RouteError};
    #[pymodule_export]
    use crate::event::Event;
    #[pymodule_export]
    use crate::jupyter::{Mapper, Message, Reading};
    #[pymodule_export]
    use crate::kubernetes::{PodFacts, image, is_gpu, pod, quantity};
    #[pymodule_export]
    use crate::pdp::{Pdp, reopen};
    #[pymodule_export]
    use crate::response::{PolicyError, Response};
    #[pymodule_export]
    use crate::status::{Records, Status};
    #[pymodule_export]
    use crate::uid::{Handle, Uid};
}
