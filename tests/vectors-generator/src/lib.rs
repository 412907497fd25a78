//! Known answers for every message and every derivation of the protocol, as JSON for any language (`docs/spec/`).
//!
//! Everything in the files is fixed: keys and randomness are hashes of their names (`cast`). Messages come from
//! `thumbturn-protocol`, as an app or a door would make them; what it keeps to itself (prologue, chaining keys, masks, tags)
//! is computed here a second time from the specification's formulas (`formula`, `transcript`), and the generator stops
//! when the two disagree.
#![expect(clippy::std_instead_of_core, reason = "a program that writes files has std")]

mod advertisement;
mod answers;
mod base;
mod card;
mod cast;
mod claim;
mod daily_codes;
mod delivery;
mod derivations;
mod error;
mod fast;
mod formula;
mod full;
mod hello;
mod json;
mod lockout;
mod objects;
mod records;
mod sync;
mod transcript;
mod update;

pub use error::Error;

/// One file of vectors.
pub struct File {
    /// Its name in `tests/vectors`.
    pub name: &'static str,
    /// Its content, ending with a line feed.
    pub content: String,
}

/// All files that this crate is the source of.
pub fn files() -> Result<Vec<File>, Error> {
    [
        ("derivations.json", derivations::vectors()?),
        ("objects.json", objects::vectors()?),
        ("hello.json", hello::vectors()?),
        ("advertisement.json", advertisement::vectors()?),
        ("full.json", full::vectors()?),
        ("fast.json", fast::vectors()?),
        ("records.json", records::vectors()?),
        ("claim.json", claim::vectors()?),
        ("update-rows.json", update::rows::vectors()?),
        ("update-parcels.json", update::parcels::vectors()?),
        ("update-proofs.json", update::proofs::vectors()?),
        ("bulletin.json", delivery::bulletin::vectors()?),
        ("receipt.json", delivery::receipt::vectors()?),
        ("log.json", delivery::log::vectors()?),
        ("time.json", delivery::time::vectors()?),
        ("records-delivery.json", delivery::records::vectors()?),
        ("sync.json", sync::vectors()?),
        ("base.json", base::vectors()?),
        ("ddc.json", daily_codes::vectors()?),
        ("lockout.json", lockout::vectors()),
        ("an10922.json", card::diversification::vectors()?),
        ("ev2.json", card::ev2::vectors()?),
        ("commmode.json", card::secure_messaging::vectors()?),
        ("sun.json", card::sun::vectors()?),
    ]
    .into_iter()
    .map(|(name, vectors)| Ok(File { name, content: json::file(vectors)? }))
    .collect()
}
