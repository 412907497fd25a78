//! Daily codes: given out for a day or for fifteen minutes, also for doors that nobody reaches (F-038, R-090 to, §4.9).

mod issue;
mod mine;
mod revoke;
mod revoke_all;

use thumbturn_protocol::ids::HolderId;

use crate::ids::KeyId;
use crate::office::permission::Need;

pub use self::issue::{CodeDay, DailyCodeIssued, IssueDailyCode};
pub use self::mine::{DailyCodeLine, MyDailyCodes};
pub(super) use self::revoke::drop_daily_codes;
pub use self::revoke::{DailyCodeRevoked, RevokeDailyCode};
pub use self::revoke_all::RevokeAllDailyCodes;
pub(super) use self::revoke_all::begin_edition;

/// By whose right a daily code is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Giver {
    /// A holder of Keys, at doors of those that may be shared.
    Holder(HolderId),
    /// Staff, at doors of a Key that they manage (F-038).
    Staff(KeyId),
}

impl Giver {
    fn need(self) -> Need {
        match self {
            Self::Holder(holder) => Need::SelfOrSomeKeys(holder),
            Self::Staff(key) => Need::Keys([key].into()),
        }
    }
}
