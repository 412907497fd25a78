//! The building file: doors, schedules, time zone. A mistake in it is told with its line.

use core::str::FromStr;
use std::path::Path;

use chrono_tz::Tz;
use serde::Deserialize;
use thumbturn_protocol::claim::{DoorConfiguration, DoorKind};
use thumbturn_protocol::error::Error;
use thumbturn_protocol::schedule::Schedule;
use thumbturn_protocol::time::UnixSeconds;
use toml::Spanned;

use crate::mistake::Mistake;
use crate::{civil_time, hours};

/// A building as planned.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) name: String,
    pub(crate) zone: Tz,
    pub(crate) start: UnixSeconds,
    pub(crate) seed: u64,
    pub(crate) doors: Vec<PlannedDoor>,
    pub(crate) schedules: Vec<(String, Schedule)>,
}

/// A door as planned.
#[derive(Debug)]
pub(crate) struct PlannedDoor {
    pub(crate) name: String,
    pub(crate) kind: DoorKind,
    pub(crate) relock_seconds: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    time_zone: Spanned<String>,
    start: Spanned<String>,
    seed: u64,
    #[serde(default)]
    door: Vec<DoorEntry>,
    #[serde(default)]
    schedule: Vec<ScheduleEntry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DoorEntry {
    name: Spanned<String>,
    kind: Spanned<String>,
    relock_seconds: Option<Spanned<i64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScheduleEntry {
    name: Spanned<String>,
    hours: Vec<Spanned<String>>,
}

impl Plan {
    /// Reads a building file's text.
    pub(crate) fn parse(file: &Path, text: &str) -> Result<Self, Mistake> {
        let read: File = toml::from_str(text).map_err(|error| {
            let position = error.span().map_or(0, |span| span.start);
            Mistake::at(file, text, position, in_plain_words(error.message()))
        })?;
        Reader { file, text }.plan(read)
    }
}

struct Reader<'a> {
    file: &'a Path,
    text: &'a str,
}

impl Reader<'_> {
    fn mistake<T>(&self, place: &Spanned<T>, what: impl Into<String>) -> Mistake {
        Mistake::at(self.file, self.text, place.span().start, what)
    }

    fn plan(&self, read: File) -> Result<Plan, Mistake> {
        let zone = Tz::from_str(read.time_zone.get_ref()).map_err(|_| {
            let what = format!(
                "{:?} is no IANA time zone: write Europe/Berlin or the like",
                read.time_zone.get_ref()
            );
            self.mistake(&read.time_zone, what)
        })?;
        let start =
            civil_time::parse(read.start.get_ref(), zone).map_err(|what| self.mistake(&read.start, what))?;
        if read.door.is_empty() {
            return Err(Mistake::new(
                self.file,
                1,
                "no doors: write at least one [[door]] with a name and a kind",
            ));
        }
        let doors = read.door.iter().map(|door| self.door(door)).collect::<Result<_, _>>()?;
        let schedules = read.schedule.iter().map(|entry| self.schedule(entry)).collect::<Result<_, _>>()?;
        self.check_unique(read.door.iter().map(|door| &door.name))?;
        self.check_unique(read.schedule.iter().map(|schedule| &schedule.name))?;
        Ok(Plan { name: read.name, zone, start, seed: read.seed, doors, schedules })
    }

    fn door(&self, door: &DoorEntry) -> Result<PlannedDoor, Mistake> {
        let kind = match door.kind.get_ref().as_str() {
            "building entrance" => DoorKind::BuildingEntrance,
            "residence" => DoorKind::Residence,
            "service" => DoorKind::Service,
            "communal" => DoorKind::Communal,
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
        Ok(PlannedDoor { name: self.door_name(&door.name)?, kind, relock_seconds })
    }

    fn door_name(&self, name: &Spanned<String>) -> Result<String, Mistake> {
        match name.get_ref().trim() {
            "" => Err(self.mistake(name, "a door needs a name")),
            text if text.contains(';') => {
                Err(self
                    .mistake(name, "a door's name may not hold ';', which parts doors in the resident list"))
            }
            text => Ok(text.to_owned()),
        }
    }

    fn schedule(&self, entry: &ScheduleEntry) -> Result<(String, Schedule), Mistake> {
        let mut all = Vec::new();
        for line in &entry.hours {
            all.push(hours::parse(line.get_ref()).map_err(|what| self.mistake(line, what))?);
        }
        let schedule = Schedule::from_hours(&all).map_err(|error| {
            let what = format!("hours of {:?}: {}", entry.name.get_ref(), describe(error));
            self.mistake(&entry.name, what)
        })?;
        Ok((entry.name.get_ref().clone(), schedule))
    }

    fn check_unique<'a>(&self, names: impl Iterator<Item = &'a Spanned<String>>) -> Result<(), Mistake> {
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

/// What the parser says, without the names of Rust's types.
fn in_plain_words(message: &str) -> String {
    message
        .replace("expected u64", "expected a whole number")
        .replace("expected i64", "expected a whole number")
}

/// What is wrong with the hours of a schedule, and what to write.
fn describe(error: Error) -> String {
    match error {
        Error::InvalidArgument(what) => format!("{what}; write at least one, like \"Mon-Fri 09:00-12:00\""),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = include_str!("../building.toml");

    fn line_of_mistake(from: &str, to: &str) -> String {
        assert!(GOOD.contains(from), "{from}");
        Plan::parse(Path::new("building.toml"), &GOOD.replacen(from, to, 1)).unwrap_err().to_string()
    }

    #[test]
    fn the_building_file_of_the_repository_is_good() {
        let plan = Plan::parse(Path::new("building.toml"), GOOD).unwrap();
        assert_eq!(plan.doors.len(), 4);
        assert_eq!(plan.schedules.len(), 1);
    }

    #[test]
    fn a_building_without_doors_is_told_what_to_write() {
        let text = "name = \"A\"\ntime_zone = \"UTC\"\nstart = \"2026-03-02 08:30\"\nseed = 1\n";
        let mistake = Plan::parse(Path::new("building.toml"), text).unwrap_err().to_string();
        assert!(mistake.starts_with("building.toml:1: no doors: write"), "{mistake}");
    }

    #[test]
    fn mistakes_name_their_line() {
        let cases = [
            ("Europe/Berlin", "Europe/Bärlin", "building.toml:5:"),
            ("2026-03-02 08:30", "2026-03-29 02:30", "building.toml:7:"),
            ("seed = 4", "seed = four", "building.toml:9:"),
            ("kind = \"residence\"", "kind = \"castle\"", "building.toml:18:"),
            ("relock_seconds = 10", "relock_seconds = 0", "building.toml:27:"),
            ("Mon-Fri", "Mon-Fry", "building.toml:32:"),
            ("name = \"Cellar\"", "name = \"Flat 1\"", "building.toml:25:"),
            ("name = \"Cellar\"", "name = \" \"", "building.toml:25: a door needs a name"),
            ("name = \"Cellar\"", "name = \"A;B\"", "building.toml:25: a door's name may not hold ';'"),
            (
                "relock_seconds = 10",
                "relock_seconds = 300",
                "building.toml:27: relock_seconds: write 1 to 240",
            ),
            (
                "seed = 4",
                "seed = \"four\"",
                "building.toml:9: invalid type: string \"four\", expected a whole number",
            ),
            (
                "\"Mon-Fri 09:00-12:00\", ",
                "\"Mon 09:00-09:00\", ",
                "building.toml:32: \"09:00-09:00\" begins and ends",
            ),
            (
                "[\"Mon-Fri 09:00-12:00\", \"Sat 10:00-13:00\"]",
                "[]",
                "building.toml:31: hours of \"cleaning\": a schedule without",
            ),
        ];
        for (from, to, line) in cases {
            let mistake = line_of_mistake(from, to);
            assert!(mistake.starts_with(line), "{mistake}");
        }
    }
}
