//! The property's clock, as reports tell it.

use std::collections::BTreeMap;

use thumbturn_protocol::time::UnixSeconds;

use crate::office::Error;
use crate::office::calendar::rfc3339;
use crate::office::work::View;

/// The property's clock. Many rows begin and end at the same instants, and rules of zones may be slow.
pub(super) struct Clock<'a, 'b> {
    view: &'a View<'b>,
    known: BTreeMap<UnixSeconds, String>,
}

impl<'a, 'b> Clock<'a, 'b> {
    pub(super) const fn of(view: &'a View<'b>) -> Self {
        Self { view, known: BTreeMap::new() }
    }

    /// An instant as RFC 3339 has it.
    pub(super) fn tell(&mut self, instant: UnixSeconds) -> Result<String, Error> {
        if let Some(known) = self.known.get(&instant) {
            return Ok(known.clone());
        }
        let told = rfc3339(instant, self.view.zone(instant)?.offset_at(instant));
        self.known.insert(instant, told.clone());
        Ok(told)
    }
}
