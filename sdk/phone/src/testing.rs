//! Stand-ins for the platform, for tests and simulations: nothing here protects anything.

mod keystore;
mod storage;

pub use self::keystore::TestingKeyStore;
pub use self::storage::TestingStorage;
