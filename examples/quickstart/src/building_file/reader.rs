//! From what the building file says to what it means, or to the place of what means nothing.

use core::str::FromStr;
use std::path::Path;

use chrono_tz::Tz;
use thumbturn_manager::access::WeeklyHours;
use thumbturn_manager::office::model::{DoorType, Name};
use thumbturn_protocol::claim::DoorConfiguration;
use thumbturn_protocol::error::Error;
use thumbturn_protocol::schedule::Schedule;
use toml::Spanned;

use super::{DoorEntry, File, KeyEntry, Plan, PlannedDoor, PlannedKey};
use crate::mistake::Mistake;
use crate::{civil_time, hours};

pub(super) struct Reader<'a> {
    pub(super) file: &'a Path,
    pub(super) text: &'a str,
}

impl Reader<'_> {
    pub(super) fn plan(&self, read: &File) -> Result<Plan, Mistake> {
        let written = read.time_zone.get_ref();
        let zone = Tz::from_str(written).map_err(|_| {
            let what = format!("{written:?} is no IANA time zone: write Europe/Berlin or the like");
            self.mistake(&read.time_zone, what)
        })?;
        let start =
            civil_time::parse(read.start.get_ref(), zone).map_err(|what| self.mistake(&read.start, what))?;
        if read.door.is_empty() {
            return Err(self.missing("no doors: write at least one [[door]] with a name and a kind"));
        }
        if read.key.is_empty() {
            return Err(self.missing("no Keys: write at least one [[key]] with a name and doors"));
        }
        let doors: Vec<_> = read.door.iter().map(|door| self.door(door)).collect::<Result<_, _>>()?;
        self.check_unique(read.door.iter().map(|door| &door.name))?;
        let keys = read.key.iter().map(|key| self.key(key, &doors)).collect::<Result<_, _>>()?;
        self.check_unique(read.key.iter().map(|key| &key.name))?;
        let units = read.units.iter().map(|unit| self.name(unit)).collect::<Result<_, _>>()?;
        self.check_unique(&read.units)?;
        Ok(Plan { name: self.name(&read.name)?, zone, start, seed: read.seed, units, doors, keys })
    }

    fn mistake<T>(&self, place: &Spanned<T>, what: impl Into<String>) -> Mistake {
        Mistake::at(self.file, self.text, place.span().start, what)
    }

    fn missing(&self, what: &str) -> Mistake {
        Mistake::in_line(self.file, 1, what)
    }

    fn name(&self, written: &Spanned<String>) -> Result<Name, Mistake> {
        Name::parse(written.get_ref()).map_err(|error| self.mistake(written, error.to_string()))
    }

    fn door(&self, door: &DoorEntry) -> Result<PlannedDoor, Mistake> {
        let kind = match door.kind.get_ref().as_str() {
            "building entrance" => DoorType::BuildingEntrance,
            "residence" => DoorType::Residence,
            "service" => DoorType::Service,
            "communal" => DoorType::Communal,
            other => {
                let what = format!(
                    "{other:?} is no kind of door: write building entrance, residence, service or communal"
                );
                return Err(self.mistake(&door.kind, what));
            }
        };
        let relock_seconds = match &door.relock_seconds {
            None => DoorConfiguration::DEFAULT_RELOCK_SECONDS,
            Some(written) => {
                let seconds =
                    u8::try_from(*written.get_ref()).ok().filter(|seconds| (1..=240).contains(seconds));
                seconds.ok_or_else(|| self.mistake(written, "relock_seconds: write 1 to 240"))?
            }
        };
        Ok(PlannedDoor { name: self.name(&door.name)?, kind, relock_seconds })
    }

    fn key(&self, key: &KeyEntry, doors: &[PlannedDoor]) -> Result<PlannedKey, Mistake> {
        let name = self.name(&key.name)?;
        if name.as_str().contains(';') {
            let what = "a Key's name may not hold ';', which is between two Keys in the resident list";
            return Err(self.mistake(&key.name, what));
        }
        if key.doors.is_empty() {
            return Err(self.mistake(&key.name, "a Key without doors: write at least one"));
        }
        self.check_unique(&key.doors)?;
        let position = |written: &Spanned<String>| {
            let found = doors.iter().position(|door| door.name.as_str() == written.get_ref());
            found.ok_or_else(|| self.mistake(written, format!("no door is called {:?}", written.get_ref())))
        };
        let doors = key.doors.iter().map(position).collect::<Result<_, _>>()?;
        Ok(PlannedKey { name, doors, hours: self.hours(key)? })
    }

    fn hours(&self, key: &KeyEntry) -> Result<WeeklyHours, Mistake> {
        let Some(lines) = &key.hours else { return Ok(WeeklyHours::Always) };
        let mut all = Vec::new();
        for line in lines {
            all.push(hours::parse(line.get_ref()).map_err(|what| self.mistake(line, what))?);
        }
        let schedule = Schedule::from_hours(&all).map_err(|error| {
            let what = format!("hours of {:?}: {}", key.name.get_ref(), describe(error));
            self.mistake(&key.name, what)
        })?;
        Ok(WeeklyHours::Within(schedule.windows().iter().copied().collect()))
    }

    fn check_unique<'a>(&self, names: impl IntoIterator<Item = &'a Spanned<String>>) -> Result<(), Mistake> {
        let mut seen: Vec<&str> = Vec::new();
        for name in names {
            if seen.contains(&name.get_ref().as_str()) {
                return Err(self.mistake(name, format!("{:?} is there twice", name.get_ref())));
            }
            seen.push(name.get_ref());
        }
        Ok(())
    }
}

/// What is wrong with the hours of a Key, and what to write.
fn describe(error: Error) -> String {
    match error {
        Error::InvalidArgument(what) => format!("{what}; write at least one, like \"Mon-Fri 09:00-12:00\""),
        other => other.to_string(),
    }
}
