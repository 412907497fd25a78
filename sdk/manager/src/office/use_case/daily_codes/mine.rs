//! The daily codes that somebody gave or got.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use thumbturn_protocol::code::{DailyCode, Doorcode, LocalDay};
use thumbturn_protocol::ids::DoorId;

use crate::office::daily::{DailyCodes, earliest_day};
use crate::office::permission::Need;
use crate::office::use_case::Question;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::View;
use crate::office::{Error, Thing, store};

/// The daily codes that the actor gave out or got by mail, until their day is over at their doors. For nobody else, whatever his rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MyDailyCodes;

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
        let (property, from) = (view.property(), earliest_day(view.now));
        let records = store::daily_code::of_account(view.connection(), property, account, from).await?;
        let (mut doors, mut lines) = (BTreeMap::new(), Vec::new());
        for record in records {
            let (codes, today) = match doors.entry(record.door) {
                Entry::Occupied(entry) => &*entry.into_mut(),
                Entry::Vacant(entry) => &*entry.insert(at(view, record.door).await?),
            };
            if record.code.day >= *today {
                let (door, name, service) = (record.door, record.code, record.service);
                lines.push(DailyCodeLine { door, name, code: codes.code(name), service });
            }
        }
        Ok(lines)
    }
}

/// The codes of a door, and the day that it is there.
async fn at(view: &mut View<'_>, door: DoorId) -> Result<(DailyCodes, LocalDay), Error> {
    let property = view.property();
    let door = store::door::find(view.connection(), property, door).await?;
    let door = door.ok_or(Error::NotFound(Thing::Door))?;
    Ok((DailyCodes::of(&*view.secrets()?, &door), view.today_at(&door)?))
}
