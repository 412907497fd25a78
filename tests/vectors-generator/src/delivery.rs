//! What phones carry besides updates: bulletins, receipts, logs, time tokens, and the records that they travel in (spec §7.2, §11 to
//! §13).

pub(crate) mod bulletin;
pub(crate) mod log;
pub(crate) mod receipt;
pub(crate) mod records;
pub(crate) mod time;

use thumbturn_protocol::ids::Generation;
use thumbturn_protocol::keys::{ExchangeKeyPair, SigningKeyPair};
use thumbturn_protocol::statement::Origin;

use crate::cast;
use crate::json::Fields;

/// The door of all vectors, in its present life.
fn origin() -> Origin {
    Origin::new(cast::property(), Generation(1), cast::door(), &cast::door_keys())
}

fn origin_fields(origin: &Origin) -> Fields {
    Fields::new()
        .with("version", 1_u8)
        .with("property", origin.property.0)
        .with("generation", origin.generation.0)
        .with("door", origin.door.0)
        .with("door_key", origin.door_key.0)
}

fn receipt_key() -> SigningKeyPair {
    cast::signing("door receipt")
}

fn property_sealing() -> ExchangeKeyPair {
    cast::exchange("property sealing")
}

/// The keys and the randomness of a statement.
fn keys(randomness: &str) -> Fields {
    Fields::new()
        .with("randomness", cast::bytes::<32>(randomness))
        .with("sealing_secret", property_sealing().secret())
        .with("sealing_key", property_sealing().public().0)
        .with("receipt_secret", receipt_key().secret())
        .with("receipt_key", receipt_key().public().0)
}
