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
/// Most rows of a list.
pub const LIST_ROWS: usize = 20_000;
/// Most schedules of a door's settings.
pub const UPDATE_SCHEDULES: usize = 64;
/// Longest head of an update's body in bytes: with its length and at least 64 bytes of it, one chunk.
pub const UPDATE_HEAD: usize = 4_030;
/// Length of a plain chunk of an update in bytes: 63 rows; with its tag it fits a 4 KiB block of flash.
pub const UPDATE_CHUNK: usize = 4_032;
/// Longest body of a delta in bytes.
pub const DELTA_BODY: usize = 122_880;
/// Longest body of a snapshot in bytes: 20,000 rows and the largest head, in steps of 256.
pub const SNAPSHOT_BODY: usize = 1_284_096;
