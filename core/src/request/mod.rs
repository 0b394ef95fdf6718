//! The question, checked against the schema as it is built.

mod attributes;
mod builder;
mod given;
mod handle;
mod kept;
mod question;
mod shape;

use std::sync::Arc;

use crate::model::{Context, Entity, EntityUid};

pub use attributes::EntityAttributes;
pub use builder::RequestBuilder;
pub use given::{Fields, Given, Rest, Sent, fields, parts};
pub use handle::Handle;
pub(crate) use kept::Kept;
pub(crate) use question::uid;
pub use question::{Asked, Question};
pub use shape::Shape;

/// May this principal take this action on this resource, in this context?
///
/// A request is checked against a [`Shape`] as it is built, so deciding it cannot fail. Cloning it
/// is cheap: everything in it is shared.
#[derive(Debug, Clone)]
pub struct Request {
    principal: EntityUid,
    action: EntityUid,
    resource: EntityUid,
    context: Context,
    entities: Arc<[Entity]>,
    attributes: Arc<[EntityAttributes]>,
}

impl Request {
    /// Starts a request with an empty context and no entities.
    #[must_use]
    pub fn builder(principal: EntityUid, action: EntityUid, resource: EntityUid) -> RequestBuilder {
        RequestBuilder::new(principal, action, resource)
    }

    /// Who asks.
    #[must_use]
    pub fn principal(&self) -> &EntityUid {
        &self.principal
    }

    /// What they want to do.
    #[must_use]
    pub fn action(&self) -> &EntityUid {
        &self.action
    }

    /// What they want to do it to.
    #[must_use]
    pub fn resource(&self) -> &EntityUid {
        &self.resource
    }

    /// Facts about this one request.
    #[must_use]
    pub fn context(&self) -> &Context {
        &self.context
    }

    /// Entities sent with the request: each takes the place of the stored entity of its uid.
    #[must_use]
    pub fn entities(&self) -> &[Entity] {
        &self.entities
    }

    /// Attributes sent with the request: each goes over the attributes of the entity of its uid.
    #[must_use]
    pub fn attributes(&self) -> &[EntityAttributes] {
        &self.attributes
    }

    /// The same request by another principal, not checked against the schema.
    pub(crate) fn with_principal(&self, principal: EntityUid) -> Self {
        Self { principal, ..self.clone() }
    }

    /// The same request on another resource, not checked against the schema.
    pub(crate) fn with_resource(&self, resource: EntityUid) -> Self {
        Self { resource, ..self.clone() }
    }

    /// Whether anything goes over the stored entities.
    #[must_use]
    pub fn has_overlay(&self) -> bool {
        !self.entities.is_empty() || !self.attributes.is_empty()
    }
}
