//! The guests of a holder.

use std::collections::BTreeSet;

use thumbturn_protocol::ids::{DoorId, HolderId};

use crate::access::Term;
use crate::ids::GuestGrantId;
use crate::office::permission::Need;
use crate::office::store::guest::GuestRecord;
use crate::office::use_case::Question;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::View;
use crate::office::{Error, store};

/// What a person gave guests and is not over, by address. For the person and for managers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListGuests {
    /// Who gave it.
    pub granter: HolderId,
}

/// One access of a guest. Its `Debug` shows neither name nor address.
#[derive(Clone, PartialEq, Eq)]
pub struct GuestLine {
    /// Which, for revoking it.
    pub access: GuestGrantId,
    /// Whose.
    pub guest: HolderId,
    /// The address.
    pub email: String,
    /// First and last name.
    pub name: String,
    /// Where; a door that the granter has lost is in it, and does not open.
    pub doors: BTreeSet<DoorId>,
    /// From when until when, as it was given.
    pub term: Term,
    /// Whether with doorcodes.
    pub doorcodes: bool,
    /// What a service comes for.
    pub service: Option<String>,
}

impl core::fmt::Debug for GuestLine {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(formatter, "GuestLine({:?})", self.access)
    }
}

impl Sealed for ListGuests {}

impl Question for ListGuests {
    type Answer = Vec<GuestLine>;

    fn need(&self) -> Need {
        Need::SelfOrSomeKeys(self.granter)
    }

    async fn run(&self, view: &mut View<'_>) -> Result<Vec<GuestLine>, Error> {
        let (property, now) = (view.property(), view.now);
        let records = store::guest::given_by(view.connection(), property, self.granter, now).await?;
        Ok(records.into_iter().map(GuestLine::from).collect())
    }
}

impl From<GuestRecord> for GuestLine {
    fn from(record: GuestRecord) -> Self {
        Self {
            access: record.id,
            guest: record.guest,
            email: record.email,
            name: record.name,
            doors: record.doors,
            term: record.term,
            doorcodes: record.doorcodes,
            service: record.service,
        }
    }
}
