//! The daily codes that somebody gave or got.

use thumbturn_protocol::code::{DailyCode, Doorcode, LocalDay};
use thumbturn_protocol::ids::DoorId;
use thumbturn_protocol::zone::Zone;

use crate::office::daily::DailyCodes;
use crate::office::permission::Need;
use crate::office::use_case::Question;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::View;
use crate::office::{Error, store};

/// The daily codes that the actor gave out or got by mail, until their day is over. For nobody else, whatever his rights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MyDailyCodes {
    /// The zone of the property, from the host's rules.
    pub zone: Zone,
}

/// A daily code of the actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DailyCodeLine {
    /// Where.
    pub door: DoorId,
    /// Which.
    pub name: DailyCode,
    /// Its digits.
    pub code: Doorcode,
    /// What a service comes for.
    pub service: Option<String>,
}

impl Sealed for MyDailyCodes {}

impl Question for MyDailyCodes {
    type Answer = Vec<DailyCodeLine>;

    fn need(&self) -> Need {
        Need::Belonging
    }

    async fn run(&self, view: &mut View<'_>) -> Result<Vec<DailyCodeLine>, Error> {
        let Some(account) = view.actor.account() else { return Ok(Vec::new()) };
        let (property, secrets) = (view.property(), view.secrets()?);
        let today = LocalDay::at(view.now, &self.zone);
        let records = store::daily_code::of_account(view.connection(), property, account, today).await?;
        let line = |record: store::daily_code::DailyRecord| DailyCodeLine {
            door: record.door,
            name: record.code,
            code: DailyCodes::of(&secrets, record.door).code(record.code),
            service: record.service,
        };
        Ok(records.into_iter().map(line).collect())
    }
}
