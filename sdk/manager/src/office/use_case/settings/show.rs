//! What a property is set to.

use core::time::Duration;

use thumbturn_protocol::time::UnixSeconds;

use crate::office::permission::Need;
use crate::office::store::settings::{LeaseRecord, SettingsRecord};
use crate::office::use_case::Question;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::View;
use crate::office::{Error, store};
use crate::revocation::{Credential, Visits, days, revocation_time};

/// What the property is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PropertySettings;

/// What a property is set to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Of residents and guests; 30 days at first.
    pub lease: Lease,
    /// Of staff; 7 days at first.
    pub staff_lease: Lease,
    /// No later than this after its revocation a door without a network refuses a keycard or a doorcode, unless it ends by itself before. `None`:
    /// nobody has to make rounds, so nothing bounds it.
    pub cards_and_codes: Option<Duration>,
    /// How many days before access begins its doors may be updated; 0 at first.
    pub preload_days: u32,
    /// For how many days activity is kept.
    pub retention_days: u32,
    /// Whether phones deliver at doors that they may not open as they pass; at first they do. No bound counts on it.
    pub couriers: bool,
    /// At least so often, in days, somebody with the news comes by each door; `None`: nobody has to, as at first.
    pub round_days: Option<u32>,
    /// The version of the text to which people have to consent before anything of theirs goes to a lock; `None`: they need not.
    pub consent_version: Option<u32>,
}

/// For how long phones may stay offline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// In days, for grants that phones fetch from now on.
    pub days: u32,
    /// No later than this after a revocation a door without a network refuses these phones, whatever couriers do. Grants are counted in that
    /// were fetched under a longer lease and have not ended.
    pub revoked_within: Duration,
}

impl Sealed for PropertySettings {}

impl Question for PropertySettings {
    type Answer = Settings;

    fn need(&self) -> Need {
        Need::FullKeys
    }

    async fn run(&self, view: &mut View<'_>) -> Result<Settings, Error> {
        let property = view.property();
        let record = store::settings::find(view.connection(), property).await?;
        Ok(Settings::at(&record, view.now))
    }
}

impl Settings {
    pub(super) fn at(record: &SettingsRecord, now: UnixSeconds) -> Self {
        let visits = Visits::NONE.with_rounds(record.round_days);
        Self {
            lease: Lease::at(&record.lease, &visits, now),
            staff_lease: Lease::at(&record.staff_lease, &visits, now),
            cards_and_codes: revocation_time(Credential::Stored { ends_in: None }, &visits).bound,
            preload_days: record.preload_days,
            retention_days: record.retention_days,
            couriers: record.couriers,
            round_days: Some(record.round_days).filter(|days| *days > 0),
            consent_version: Some(record.consent_version).filter(|version| *version > 0),
        }
    }
}

impl Lease {
    fn at(record: &LeaseRecord, visits: &Visits, now: UnixSeconds) -> Self {
        let earlier = Duration::from_secs(record.longer_until.since(now));
        let lease_ends_in = days(record.days).max(earlier);
        let time = revocation_time(Credential::App { lease_ends_in }, visits);
        Self { days: record.days, revoked_within: time.bound.unwrap_or(lease_ends_in) }
    }
}
