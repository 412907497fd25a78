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
/// Longest message of a session: six full frames at an ATT MTU of 247, so that three records carry a sealed chunk in 17 frames.
pub const RECORD_MESSAGE: usize = 1_536;
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
/// Length of a bulletin's header without its signature.
pub const BULLETIN_HEADER: usize = 60;
/// Most entries of a bulletin: 6 KiB in a door, and 8 records.
pub const BULLETIN_ENTRIES: usize = 256;
/// Most entries of a bulletin in one record.
pub const RECORD_ENTRIES: usize = 32;
/// Most bytes of a sealed chunk or a log batch in one record.
pub const RECORD_PIECE: usize = 1_488;
/// Longest receipt in bytes: every number at its widest.
pub const RECEIPT: usize = 244;
/// Most bytes of events, with their lengths, in a log batch.
pub const LOG_BATCH_EVENTS: usize = 2_048;
/// Longest log batch in bytes.
pub const LOG_BATCH: usize = 2_229;
/// Longest body of a log acknowledgement in bytes.
pub const ACKNOWLEDGEMENT_BODY: usize = 63;
/// Longest body of a time token in bytes.
pub const TIME_TOKEN_BODY: usize = 29;
/// Longest signed certificate or rotation in bytes.
pub const SIGNED_CERTIFICATE: usize = CERTIFICATE_BODY + SIGNATURE;
/// Longest signed time token in bytes.
pub const SIGNED_TIME_TOKEN: usize = TIME_TOKEN_BODY + SIGNATURE;
/// Longest signed log acknowledgement in bytes.
pub const SIGNED_ACKNOWLEDGEMENT: usize = ACKNOWLEDGEMENT_BODY + SIGNATURE;
/// Longest bulletin in bytes: its signed header, and all its entries of 24 bytes.
pub const BULLETIN: usize = BULLETIN_HEADER + SIGNATURE + 24 * BULLETIN_ENTRIES;
/// Longest update in bytes: its signed header, and a snapshot with a tag of 16 bytes for each chunk.
pub const PARCEL: usize = 182 + SNAPSHOT_BODY + 16 * SNAPSHOT_BODY.div_ceil(UPDATE_CHUNK);
/// Longest sync request in bytes: what a host has to take from a phone that signed in.
pub const SYNC_REQUEST: usize = 524_288;
/// Longest sync answer in bytes: a thousand credentials, the longest update, and what belongs to them.
pub const SYNC_ANSWER: usize = 4_194_304;
/// Most statements that a phone hands in at once: all that it keeps, and a bulletin.
pub const SYNC_HANDED: usize = 321;
/// Most updates that a phone carries.
pub const SYNC_CARRIED: usize = 512;
/// Most doors of one phone: as many credentials as a wallet holds.
pub const SYNC_DOORS: usize = 1_024;
