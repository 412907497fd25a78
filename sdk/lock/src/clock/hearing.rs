//! What a door believes of the instants that it is told (spec §13.2, §13.3).

use thumbturn_protocol::signed::Verified;
use thumbturn_protocol::time::{Millis, UnixSeconds};
use thumbturn_protocol::time_token::{TimeNonce, TimeToken};

use super::DoorClock;

/// Oldest nonce that a token may answer.
const NONCE_MS: u64 = 8_000;
/// Seconds that an instant may lie ahead of a clock.
const AHEAD: u64 = 24 * 3_600;
/// The same for a clock that is unsure or was not set for so long.
const FAR_AHEAD: u64 = 90 * 24 * 3_600;
/// Seconds of a phone's own clock that are believed.
const PHONE_ELAPSED: u32 = 24 * 3_600;
/// A phone's clock is off by at most 500 ppm, and 120 s for what is lost between the signer and the phone.
const PHONE_DRIFT: u32 = 2_000;
const PHONE_ERROR: u32 = 120;

/// What a token did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ClockChange {
    /// The clock was set, and is sure.
    Set,
    /// It may have moved forward within its bound.
    Heard,
}

/// Why a token did nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeRefused {
    /// Too far ahead of the clock: worth an event.
    FromTheFuture,
    /// For another session, or its nonce was drawn too long ago.
    NotForThisSession,
    /// The phone has held it for too long.
    TooOld,
    /// The clock knows better than the phone.
    NotBetter,
}

impl DoorClock {
    /// Any instant that the property signed and that has come: a grant's, a certificate's, a bulletin's, a plain token's.
    pub(crate) fn hear(&mut self, instant: UnixSeconds, now: Millis) -> Result<(), TimeRefused> {
        self.settle(now);
        if instant > self.limit(now) {
            return Err(TimeRefused::FromTheFuture);
        }
        self.floor = self.floor.max(instant);
        if let Some(estimate) = &mut self.estimate {
            estimate.push(instant, now);
        }
        Ok(())
    }

    /// A token of this property and generation; `drawn` is the nonce of this session, and when it was drawn.
    pub(crate) fn hear_token(
        &mut self,
        token: &Verified<TimeToken>,
        drawn: Option<(TimeNonce, Millis)>,
        now: Millis,
    ) -> Result<ClockChange, TimeRefused> {
        let Some(nonce) = token.nonce else {
            return self.hear(token.at, now).map(|()| ClockChange::Heard);
        };
        let (_, drawn) = drawn.filter(|(own, _)| *own == nonce).ok_or(TimeRefused::NotForThisSession)?;
        let age = now.since(drawn);
        if age > NONCE_MS {
            return Err(TimeRefused::NotForThisSession);
        }
        // Signed at most `age` ago, and `at` is a whole second.
        let error = u32::try_from(age.div_ceil(1_000)).unwrap_or(u32::MAX).saturating_add(1);
        self.put(token.at.plus(age / 2_000), error, token.at, now);
        Ok(ClockChange::Set)
    }

    /// A plain token with the seconds that a phone whose grant has the role `clock` counted since it received it. Its
    /// signed instant is heard like any other; the seconds are believed only where the clock knows less (spec §13.3).
    pub(crate) fn hear_phone(
        &mut self,
        token: &Verified<TimeToken>,
        elapsed: u32,
        now: Millis,
    ) -> Result<ClockChange, TimeRefused> {
        if token.nonce.is_some() {
            return Err(TimeRefused::NotForThisSession);
        }
        if elapsed > PHONE_ELAPSED {
            return Err(TimeRefused::TooOld);
        }
        self.hear(token.at, now)?;
        let instant = token.at.plus(u64::from(elapsed));
        let error = PHONE_ERROR.saturating_add(elapsed.div_ceil(PHONE_DRIFT));
        if !self.is_better(instant, error, now) {
            return Err(TimeRefused::NotBetter);
        }
        self.put(instant, error, token.at, now);
        Ok(ClockChange::Set)
    }

    /// Whether a clock within `error` of `instant` is narrower than this one and agrees with it.
    fn is_better(&self, instant: UnixSeconds, error: u32, now: Millis) -> bool {
        let Some(estimate) = self.good(now) else { return true };
        let (own, own_error) = (estimate.unpushed(now), estimate.error(now));
        let apart = own.since(instant).max(instant.since(own));
        error < own_error && apart <= u64::from(error) + u64::from(own_error)
    }

    /// The latest instant that a plain token may state.
    fn limit(&self, now: Millis) -> UnixSeconds {
        match self.good(now) {
            Some(estimate) => {
                let ahead = if estimate.age(now) < FAR_AHEAD { AHEAD } else { FAR_AHEAD };
                estimate.unpushed(now).plus(u64::from(estimate.error(now))).plus(ahead)
            }
            None => self.unsure.latest(now).plus(FAR_AHEAD),
        }
    }
}
