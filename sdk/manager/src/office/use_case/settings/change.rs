//! Setting a property to something else.

use thumbturn_protocol::time::UnixSeconds;

use super::Settings;
use crate::office::model::{DaysSetting, OutOfBounds, Retention};
use crate::office::permission::Need;
use crate::office::store::settings::LeaseRecord;
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, store};

/// Seconds of a day.
const DAY: u64 = 86_400;

/// Sets a property to something else; what is `None` stays as it is. A lease counts for each phone from its next fetch on: what phones have
/// already lasts as long as it does, and counts in the bound until then. Tasks that are open stay due when they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChangeSettings {
    /// For how many days phones of residents and guests may stay offline: 1…90.
    pub lease_days: Option<u32>,
    /// The same for staff: 1…90.
    pub staff_lease_days: Option<u32>,
    /// How many days before access begins its doors may be updated: 0…90.
    pub preload_days: Option<u32>,
    /// For how long activity is kept.
    pub retention: Option<Retention>,
    /// Whether phones deliver at doors that they may not open.
    pub couriers: Option<bool>,
    /// At least so often, in days, somebody with the news comes by each door: 0…90; 0: nobody has to. The property promises it: no
    /// door sees to it.
    pub round_days: Option<u32>,
    /// The version of the text to which people have to consent; 0: there is none. Until they have, no credential of theirs goes to a lock
    /// . What New York City demands includes one: version 1, where there is none yet.
    pub consent_version: Option<u32>,
}

impl Sealed for ChangeSettings {}

impl UseCase for ChangeSettings {
    type Answer = Settings;
    const NAME: &'static str = "change settings";

    fn need(&self) -> Need {
        Need::FullKeys
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<Settings, Error> {
        let (property, now) = (work.property(), work.now);
        let mut record = store::settings::find(work.connection(), property).await?;
        change_lease(&mut record.lease, checked(DaysSetting::Lease, self.lease_days)?, now);
        let staff = checked(DaysSetting::StaffLease, self.staff_lease_days)?;
        change_lease(&mut record.staff_lease, staff, now);
        let preload = checked(DaysSetting::Preload, self.preload_days)?;
        record.preload_days = preload.unwrap_or(record.preload_days);
        let retention = checked(DaysSetting::Retention, self.retention.map(Retention::days))?;
        record.retention_days = retention.unwrap_or(record.retention_days);
        record.couriers = self.couriers.unwrap_or(record.couriers);
        record.round_days = checked(DaysSetting::Round, self.round_days)?.unwrap_or(record.round_days);
        let demanded = self.retention == Some(Retention::NewYorkCity) && record.consent_version == 0;
        if let Some(version) = self.consent_version.or_else(|| demanded.then_some(1)) {
            record.consent_version = version;
            store::consent::want(work.connection(), property, version, now).await?;
        }
        store::settings::set(work.connection(), property, &record).await?;
        Ok(Settings::at(&record, now))
    }
}

fn checked(setting: DaysSetting, days: Option<u32>) -> Result<Option<u32>, OutOfBounds> {
    days.map(|days| setting.check(days)).transpose()
}

/// Until the longest lease that was given has ended, it may be somewhere.
fn change_lease(lease: &mut LeaseRecord, days: Option<u32>, now: UnixSeconds) {
    let Some(days) = days else { return };
    if days < lease.days {
        lease.longer_until = lease.longer_until.max(now.plus(u64::from(lease.days) * DAY));
    }
    lease.days = days;
}
