//! What `code` and `card` share: a row is made, goes to the door, and the person is told when it is in force.

use std::sync::Arc;

use thumbturn_protocol::claim::DoorKind;
use thumbturn_protocol::code::Doorcode;
use thumbturn_protocol::ids::HolderId;
use thumbturn_protocol::update::row::{CredentialNumber, Row};

use super::Workplace;
use super::update::nothing_to_bring;
use crate::arguments::Visit;
use crate::carry::Courier;
use crate::failure::Failure;
use crate::player::Player;
use crate::state::books::Books;
use crate::state::property::Property;

/// What a row is made from.
pub(super) struct Maker<'a> {
    /// Whose it will be: the phone's person.
    pub(super) holder: HolderId,
    /// The property.
    pub(super) property: &'a Arc<Property>,
    books: &'a Books<'a>,
}

impl Maker<'_> {
    /// The codes of the door.
    pub(super) fn codes(&self) -> Vec<Doorcode> {
        let codes = self.books.list().rows().filter_map(|row| match row {
            Row::Doorcode(code, _) => Some(code.clone()),
            Row::Card(..) | Row::Deny(_) => None,
        });
        codes.collect()
    }

    /// The number of the next row, as the log names it: those that fill a list for measuring come from the other end.
    pub(super) fn next_number(&self) -> CredentialNumber {
        let numbers = self.books.list().rows().filter_map(|row| Some(row.terms()?.credential().0));
        let highest = numbers.filter(|number| *number <= u32::MAX / 2).max();
        CredentialNumber(highest.map_or(1, |highest| highest + 1))
    }

    /// What kind of door it is.
    pub(super) const fn kind(&self) -> DoorKind {
        self.books.door().configuration.kind
    }
}

/// Makes a row and brings it to the door: the door's name, and whatever else `make` gave.
pub(super) async fn bring<T>(
    workplace: &Workplace,
    visit: &Visit,
    make: impl FnOnce(&Maker<'_>) -> Result<(Row, T), Failure>,
) -> Result<(String, T), Failure> {
    let (property, door, phone) = workplace.visit(visit)?;
    let mut books = Books::open(&property, door)?;
    let (row, made) = make(&Maker { holder: phone.holder, property: &property, books: &books })?;
    books.set(&row)?;
    let air = workplace.air().await?;
    let player = Player::new(&air);
    let courier = Courier { player: &player, phone: &phone, clock: Some(&property) };
    let parcel = books.parcel(false)?.ok_or_else(nothing_to_bring)?;
    books.save()?;
    courier.carry(&parcel, false, &mut books, workplace.screen).await?;
    Ok((books.door().name.clone(), made))
}
