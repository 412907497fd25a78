//! Keycards against the crate `ntag424`, an implementation of the card maker's documents that shares no code with this repository:
//! its reader against the simulated card, its diversification against the card keys, its verifier against the links. The comparisons are
//! in `tests`.
//!
//! (`desox`, the other crate for DESFire cards, speaks the older secure messaging of EV1 and has no AuthenticateEV2First.)
