//! The people's page.

use thumbturn_protocol::ids::HolderId;

use crate::office::permission::Need;
use crate::office::store::person::PersonRecord;
use crate::office::use_case::Question;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::View;
use crate::office::{Error, store};

/// Most people of one page.
const PAGE: u32 = 500;

/// People of the property, by e-mail address, at most 500 at once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListPeople {
    /// Also those who have no access now, nor are to have it later (*Show Expired Users*).
    pub show_expired: bool,
    /// Only from the address after this one on: the last of the page before.
    pub after: Option<String>,
}

/// A person on the page.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonLine {
    /// Who.
    pub person: HolderId,
    /// The address.
    pub email: String,
    /// First and last name.
    pub name: String,
    /// Whether the person has signed in.
    pub has_signed_in: bool,
    /// Whether the person has access, or is to have it later.
    pub has_access: bool,
}

/// Who it is, and not how they are called.
impl core::fmt::Debug for PersonLine {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(formatter, "PersonLine({:?})", self.person)
    }
}

impl Sealed for ListPeople {}

impl Question for ListPeople {
    type Answer = Vec<PersonLine>;

    fn need(&self) -> Need {
        Need::SomeKeys
    }

    async fn run(&self, view: &mut View<'_>) -> Result<Vec<PersonLine>, Error> {
        let (property, now) = (view.property(), view.now);
        let after = self.after.as_deref().unwrap_or_default();
        let page = (after, self.show_expired, PAGE);
        let records = store::person::page(view.connection(), property, page, now).await?;
        Ok(records.into_iter().map(PersonLine::from).collect())
    }
}

impl From<PersonRecord> for PersonLine {
    fn from(record: PersonRecord) -> Self {
        Self {
            person: record.holder,
            email: record.email,
            name: record.name,
            has_signed_in: record.has_signed_in,
            has_access: record.has_access,
        }
    }
}
