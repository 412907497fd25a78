//! A door's log on its way home: a hash chain, sealed batches, acknowledgements (spec §12.2–12.4).
//!
//! Events are opaque here: what they say is between the door's engine and the property.

mod acknowledgement;
mod batch;
mod chain;

pub use acknowledgement::Acknowledgement;
pub use batch::{BatchDraft, BatchHeader, Continuity, EncapsulatedBatch, LogBatch, SealedBatch};
pub use chain::{EventSalt, EventSalts, LogHead};
