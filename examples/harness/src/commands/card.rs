//! `card`: a keycard for a door.

use serde_json::json;
use thumbturn_protocol::card::{CardToken, CardVersion, DoorClass, READ_KEY};
use thumbturn_protocol::claim::DoorKind;
use thumbturn_protocol::update::row::{Card as CardRow, CredentialNumber, Row, Terms};

use super::{Workplace, credentials};
use crate::arguments::Card;
use crate::clock::time_of_day;
use crate::entropy::SystemRandom;
use crate::failure::Failure;
use crate::state::hexadecimal::digits;

/// The version of a new card.
const VERSION: CardVersion = CardVersion(1);

/// Makes a card, brings its row to the door, and says what is to be on the card.
pub(crate) async fn run(workplace: &Workplace, asked: &Card) -> Result<(), Failure> {
    let brought = credentials::bring(workplace, &asked.visit, |maker| {
        let token = match asked.token {
            Some(token) => CardToken(token),
            None => CardToken::random(&mut SystemRandom)?,
        };
        let master = maker.property.cards()?;
        let common = master.card_key(token, DoorClass::Common, READ_KEY)?;
        let residence = master.card_key(token, DoorClass::Residence, READ_KEY)?;
        // A door learns the key of its own class only.
        let is_home = maker.kind() == DoorKind::Residence;
        let key = if is_home { residence.clone() } else { common.clone() };
        let number = maker.next_number();
        let terms = Terms::new(maker.holder, maker.property.next_serial(time_of_day())?, number);
        let row = Row::Card(CardRow { token, key, lowest_version: VERSION }, terms);
        Ok((row, (token, common, residence, number)))
    });
    let (door, (token, common, residence, CredentialNumber(number))) = brought.await?;
    let (token, common, residence) =
        (digits(&token.0), digits(common.as_bytes()), digits(residence.as_bytes()));
    let CardVersion(version) = VERSION;
    workplace.screen.tell(
        &format!(
            "{door} knows card {token} (number {number} in its log). Personalise a card (spec §14.6), then hold it to the reader:\n  \
             version                     {version}\n  \
             read key of common doors    {common}\n  \
             read key of residence doors {residence}\n\
             At the prompt of the example door: card {token} {version:02x} {common} {residence}"
        ),
        &json!({
            "command": "card", "door": door, "token": token, "version": version,
            "common_key": common, "residence_key": residence, "number": number,
        }),
    );
    Ok(())
}
