//! Rows of keycards: a door holds the key of a card for doors of its own class, and no master key (R-219, spec §14.6).

use thumbturn_protocol::card::{CardToken, DoorClass, READ_KEY};
use thumbturn_protocol::ids::HolderId;
use thumbturn_protocol::update::row::{Card, Row, RowKey, ScheduleNumber};

use super::rows;
use crate::access::Spell;
use crate::office::error::Error;
use crate::office::model::DoorType;
use crate::office::secrets::Place;
use crate::office::store::card::CardRecord;
use crate::office::store::door::Door;
use crate::office::store::{self, StoreError};
use crate::office::work::Work;

/// The row that a door is to have for a person's card.
pub(super) fn row(
    work: &Work<'_>,
    card: &CardRecord,
    door: &Door,
    open: (&Spell, Option<ScheduleNumber>),
) -> Result<Row, Error> {
    let secrets = work.secrets()?;
    let key = secrets.cards().card_key(card.token, class(door.kind), READ_KEY);
    let key = key.map_err(|_| StoreError::Damaged("keycard"))?;
    let terms = rows::terms(card.holder, &card.numbers, open)?;
    Ok(Row::Card(Card { token: card.token, key, lowest_version: card.lowest_version }, terms))
}

/// A reader outside holds no key that opens a flat.
const fn class(kind: DoorType) -> DoorClass {
    match kind {
        DoorType::Residence => DoorClass::Residence,
        DoorType::BuildingEntrance | DoorType::Communal | DoorType::Service => DoorClass::Common,
    }
}

/// Notes which doors are to hear of a card, after its rows were changed.
pub(crate) async fn note_doors(work: &mut Work<'_>, holder: HolderId, token: CardToken) -> Result<(), Error> {
    let (property, secrets) = (work.property(), work.secrets()?);
    let key = RowKey::card(token);
    let mut rows = store::card::rows_of(work.connection(), property, holder).await?;
    rows.retain(|row| {
        let place = Place(rows::TABLE, &[&property.0, &row.door.0]);
        secrets.fingerprint(&place, key.as_bytes()) == row.fingerprint
    });
    Ok(store::card::set_rows(work.connection(), property, token, &rows).await?)
}
