//! Bounds of everything that comes from the air (spec §1.6).

/// Most windows in a schedule.
pub const SCHEDULE_WINDOWS: usize = 8;
/// Longest body of a grant or share in bytes: eight windows and the widest times fit.
pub const GRANT_BODY: usize = 160;
/// Longest body of a certificate or rotation in bytes.
pub const CERTIFICATE_BODY: usize = 160;
/// Length of an Ed25519 signature.
pub const SIGNATURE: usize = 64;
/// Longest message that a door takes from somebody it has not authenticated: a claim of 16 transitions and 16 denied phones
/// is 700 bytes, the largest full request 547.
pub const UNAUTHENTICATED_MESSAGE: usize = 704;
/// Longest message of a session.
pub const RECORD_MESSAGE: usize = 1024;
/// Most zone transitions in a claim.
pub const ZONE_TRANSITIONS: usize = 16;
/// Most deny entries in a claim.
pub const CLAIM_DENY_ENTRIES: usize = 16;
