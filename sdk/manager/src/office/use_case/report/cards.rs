//! Keycards: whose each is, since when, and where it stands.

use core::fmt::Write as _;

use thumbturn_protocol::card::CardToken;

use super::clock::Clock;
use super::{PAGE_ROWS, ReportPage, scope};
use crate::office::csv::writing::Sheet;
use crate::office::permission::Need;
use crate::office::store::report::cards::CardLineRecord;
use crate::office::use_case::Question;
use crate::office::use_case::cards::CardStatus;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::View;
use crate::office::{Error, store};

/// Keycards by token, at most 1,000 at once: the token that every reader sees, first and last name, address, when it was activated on the property's
/// clock, where it stands. Who manages some Keys only sees the cards of people who hold one of these.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CardsReport {
    /// After what to go on: `next` of the page before.
    pub after: Option<AfterCard>,
    /// Fewer rows at once than 1,000; 0: as many.
    pub most: u32,
}

/// A place in the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AfterCard(CardToken);

impl Sealed for CardsReport {}

impl Question for CardsReport {
    type Answer = ReportPage<AfterCard>;

    fn need(&self) -> Need {
        Need::Reports
    }

    async fn run(&self, view: &mut View<'_>) -> Result<ReportPage<AfterCard>, Error> {
        let (of, now) = ((view.property(), scope(view)), view.now);
        let limit = if self.most == 0 { PAGE_ROWS } else { self.most.min(PAGE_ROWS) };
        let after = self.after.map(|AfterCard(token)| token);
        let records = store::report::cards::cards(view.connection(), of, (after, limit), now).await?;
        let mut sheet = Sheet::new();
        if self.after.is_none() {
            sheet.row(["card", "first_name", "last_name", "email", "activated", "status"]);
        }
        let mut clock = Clock::of(view);
        for record in &records {
            write(&mut sheet, record, &clock.tell(record.activated_at)?);
        }
        let is_full = u32::try_from(records.len()).is_ok_and(|rows| rows == limit);
        let next = records.last().filter(|_| is_full).map(|record| AfterCard(record.token));
        Ok(ReportPage { csv: sheet.finish(), next })
    }
}

fn write(sheet: &mut Sheet, record: &CardLineRecord, activated: &str) {
    let name = |name: &Option<String>| name.clone().unwrap_or_default();
    sheet.row([
        &*digits(record.token),
        &*name(&record.first_name),
        &*name(&record.last_name),
        &*name(&record.email),
        activated,
        status(CardStatus::of(record.is_live, record.is_waiting)),
    ]);
}

fn digits(CardToken(token): CardToken) -> String {
    token.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

const fn status(status: CardStatus) -> &'static str {
    match status {
        CardStatus::Unassigned => "unassigned",
        CardStatus::ActivationPending => "activation pending",
        CardStatus::Active => "active",
        CardStatus::DeactivationPending => "deactivation pending",
        CardStatus::Inactive => "inactive",
    }
}
