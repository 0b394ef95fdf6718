//! Builds a request and checks it against a shape.

use std::collections::HashSet;

use super::{EntityAttributes, Request, Shape};
use crate::model::{
    Context, Entity, EntityUid, Exceeded, Limits, RequestError, RequestErrorKind,
    RestrictedExpression, conformance,
};

/// A request in the making.
#[derive(Debug, Clone)]
pub struct RequestBuilder {
    principal: EntityUid,
    action: EntityUid,
    resource: EntityUid,
    context: Context,
    entities: Vec<Entity>,
    attributes: Vec<EntityAttributes>,
}

impl RequestBuilder {
    pub(super) fn new(principal: EntityUid, action: EntityUid, resource: EntityUid) -> Self {
        let (context, entities, attributes) = (Context::empty(), Vec::new(), Vec::new());
        Self { principal, action, resource, context, entities, attributes }
    }

    /// Facts about this one request.
    #[must_use]
    pub fn context(mut self, context: Context) -> Self {
        self.context = context;
        self
    }

    /// An entity that takes the place of the stored one of its uid.
    #[must_use]
    pub fn entity(mut self, entity: Entity) -> Self {
        self.entities.push(entity);
        self
    }

    /// Attributes that go over those of the entity of their uid.
    #[must_use]
    pub fn attributes(mut self, attributes: EntityAttributes) -> Self {
        self.attributes.push(attributes);
        self
    }

    /// The request, when it fits the shape.
    ///
    /// # Errors
    /// When a limit is exceeded, a uid is sent twice, or the shape asks for validation and the
    /// schema does not allow this principal, action, resource, context or entity.
    pub fn build(mut self, shape: &Shape) -> Result<Request, RequestError> {
        self.check_limits(&shape.limits)?;
        self.check_duplicates()?;
        if let Some(now) = shape.now.filter(|_| !conformance::has_fact(&self.context, "now")) {
            let now = RestrictedExpression::new_datetime(now.to_string());
            let merged = self.context.merge([("now".to_owned(), now)]);
            self.context = merged
                .map_err(|error| RequestError::new(RequestErrorKind::Context, error.to_string()))?;
        }
        if let Some(schema) = shape.schema.as_deref().filter(|_| shape.validate) {
            let asked = (&self.principal, &self.action, &self.resource);
            conformance::check_request(asked, &self.context, schema)?;
            for entity in &self.entities {
                conformance::check_entity(entity, schema)?;
            }
            for attributes in &self.attributes {
                conformance::check_attributes(attributes.as_entity(), schema)?;
            }
        }
        Ok(Request {
            principal: self.principal,
            action: self.action,
            resource: self.resource,
            context: self.context,
            entities: self.entities.into(),
            attributes: self.attributes.into(),
        })
    }

    fn check_limits(&self, limits: &Limits) -> Result<(), Exceeded> {
        let sent = self.entities.len().saturating_add(self.attributes.len());
        Exceeded::check("request_entities", limits.request_entities, sent)?;
        let asked = [&self.principal, &self.action, &self.resource].into_iter().cloned();
        let entities = self.entities.iter().map(Entity::uid);
        let attributes = self.attributes.iter().map(EntityAttributes::uid);
        for uid in asked.chain(entities).chain(attributes) {
            Exceeded::check("id_bytes", limits.id_bytes, uid.id().unescaped().len())?;
        }
        Ok(())
    }

    fn check_duplicates(&self) -> Result<(), RequestError> {
        let mut seen = HashSet::new();
        let entities = self.entities.iter().map(|entity| (entity.uid(), "entity"));
        let attributes = self.attributes.iter().map(|one| (one.uid(), "attributes of"));
        for (uid, what) in entities.chain(attributes) {
            if !seen.insert((uid.clone(), what)) {
                let message = format!("{what} `{uid}` is sent twice");
                return Err(RequestError::new(RequestErrorKind::Entities, message));
            }
        }
        Ok(())
    }
}
