//! Up to where this phone has what its authorities have for it. A record of its own, and the last that is written: what an answer brought
//! is kept before its cursor is.

use std::collections::BTreeMap;

use thumbturn_protocol::ids::PropertyId;
use thumbturn_protocol::sync::Cursor;

use crate::vault::sealing::SealError;

const VERSION: u8 = 1;

/// A cursor for each property.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cursors(BTreeMap<PropertyId, Cursor>);

impl Cursors {
    pub(crate) fn of(&self, property: PropertyId) -> Cursor {
        self.0.get(&property).copied().unwrap_or_default()
    }

    /// The same, with another one for a property.
    pub(crate) fn with(&self, property: PropertyId, cursor: Cursor) -> Self {
        let mut cursors = self.0.clone();
        cursors.insert(property, cursor);
        Self(cursors)
    }

    pub(crate) fn encode(&self) -> Result<Vec<u8>, SealError> {
        let mut bytes = vec![VERSION];
        bytes.extend(postcard::to_allocvec(&self.0).map_err(|_| SealError::Damaged)?);
        Ok(bytes)
    }

    pub(crate) fn decode(content: &[u8]) -> Result<Self, SealError> {
        match content.split_first() {
            Some((&VERSION, body)) => {
                let (cursors, rest) = postcard::take_from_bytes(body).map_err(|_| SealError::Damaged)?;
                if rest.is_empty() { Ok(Self(cursors)) } else { Err(SealError::Damaged) }
            }
            Some((0, _)) | None => Err(SealError::Damaged),
            Some(_) => Err(SealError::TooNew),
        }
    }
}
