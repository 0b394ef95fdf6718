//! A question that is kept.

use super::{EntityAttributes, Request, RequestBuilder};
use crate::model::{Context, Described, EntityUid, Fields, RequestError, RequestErrorKind};

/// A question that is kept, to be made a request elsewhere and later.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// Principal, action and resource.
    pub(crate) uids: [EntityUid; 3],
    pub(crate) context: Fields,
    /// In the place of stored ones.
    pub(crate) entities: Vec<Described>,
    /// Over stored ones.
    pub(crate) attributes: Vec<Described>,
}

impl Kept {
    /// The request in the making.
    ///
    /// # Errors
    /// When a value has no form of the language's.
    pub(crate) fn to_builder(&self) -> Result<RequestBuilder, RequestError> {
        let refused = |message| RequestError::new(RequestErrorKind::Context, message);
        let facts = self.context.iter().map(|(name, value)| {
            Ok((name.clone().into_owned(), value.to_expression().map_err(refused)?))
        });
        let context = Context::from_pairs(facts.collect::<Result<Vec<_>, RequestError>>()?);
        let context = context.map_err(|error| refused(error.to_string()))?;
        let [principal, action, resource] = self.uids.clone();
        let mut request = Request::builder(principal, action, resource).context(context);
        for entity in &self.entities {
            request = request.entity(entity.to_entity()?);
        }
        for attributes in &self.attributes {
            request = request.attributes(EntityAttributes::of(attributes)?);
        }
        Ok(request)
    }
}
