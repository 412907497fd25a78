//! Rows that fill a list for measuring: keycards that nobody holds.

use thumbturn_protocol::card::{CardKey, CardToken, CardVersion};
use thumbturn_protocol::ids::{HolderId, Serial};
use thumbturn_protocol::random::{RandomFailed, SecureRandom};
use thumbturn_protocol::update::row::{Card, CredentialNumber, Row, Terms};

/// The person of all filling rows.
const NOBODY: HolderId = HolderId(*b"nobody!!");

/// `count` rows under the same tokens each time, with new keys: the first time they are added, later they change.
pub(crate) fn filling(count: u32, random: &mut dyn SecureRandom) -> Result<Vec<Row>, RandomFailed> {
    (0..count).map(|index| filling_row(index, random)).collect()
}

fn filling_row(index: u32, random: &mut dyn SecureRandom) -> Result<Row, RandomFailed> {
    let [a, b, c, d] = index.to_be_bytes();
    let token = CardToken([b'f', b'i', b'l', b'l', a, b, c, d]);
    let card = Card { token, key: CardKey::of_nobody(random)?, lowest_version: CardVersion(1) };
    // Credential numbers of people begin at 1 and rise; those of nobody come from the other end.
    let number = CredentialNumber(u32::MAX - index);
    Ok(Row::Card(card, Terms::new(NOBODY, Serial(1), number)))
}
