//! Whether the clock of the host is to be believed: leases and instants that a wrong one signs mean nothing (design §7).

use thumbturn_protocol::time::UnixSeconds;

use crate::office::permission::Need;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, Invalid, store};

/// Seconds by which the clock of a host may be behind what was signed last: hosts of one store do not agree to the second.
const BEHIND: u64 = 300;
/// Seconds after which it is not believed that nobody asked for anything: 90 days.
const AHEAD: u64 = 90 * 86_400;

/// Refuses to go on where the clock has jumped, and notes where it is.
pub(super) async fn note(work: &mut Work<'_>) -> Result<(), Error> {
    let (property, now) = (work.property(), work.now);
    let last = store::property::signed_at(work.connection(), property).await?;
    let is_ahead = last > UnixSeconds::ZERO && now > last.plus(AHEAD);
    if now.plus(BEHIND) < last || is_ahead {
        return Err(Invalid::Clock.into());
    }
    Ok(store::property::set_signed_at(work.connection(), property, now.max(last)).await?)
}

/// Somebody has looked at the clock of this host, and it is right: the office signs again from where it is now. After
/// [`Invalid::Clock`](crate::office::Invalid::Clock).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConfirmClock;

impl Sealed for ConfirmClock {}

impl UseCase for ConfirmClock {
    type Answer = ();
    const NAME: &'static str = "confirm clock";

    fn need(&self) -> Need {
        Need::Portfolio
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<(), Error> {
        let (property, now) = (work.property(), work.now);
        Ok(store::property::set_signed_at(work.connection(), property, now).await?)
    }
}
