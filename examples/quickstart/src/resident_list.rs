//! The resident list: who holds which doors, when, and until when. A mistake in it is told with its line.

use std::path::Path;

use serde::Deserialize;
use thumbturn_protocol::schedule::Schedule;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_simulator::profile::PhoneProfile;

use crate::building_file::Plan;
use crate::civil_time;
use crate::mistake::Mistake;

/// A person as listed.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) profile: PhoneProfile,
    /// Positions of the doors in the plan; at least one.
    pub(crate) doors: Vec<usize>,
    pub(crate) schedule: Option<Schedule>,
    pub(crate) until: Option<UnixSeconds>,
    pub(crate) may_share: bool,
}

#[derive(Deserialize)]
struct Row {
    name: String,
    phone: String,
    doors: String,
    schedule: String,
    until: String,
    may_share: String,
}

/// The names in the first line, in any order.
const COLUMNS: [&str; 6] = ["name", "phone", "doors", "schedule", "until", "may_share"];

/// Reads a resident list's text.
pub(crate) fn parse(file: &Path, text: &str, plan: &Plan) -> Result<Vec<Person>, Mistake> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    let at = |position: Option<&csv::Position>, what: String| {
        Mistake::at(file, text, position.map_or(0, |position| beginning(text, position)), what)
    };
    let columns = reader.headers().map_err(|error| Mistake::new(file, 1, describe(error)))?.clone();
    if let Some(missing) = COLUMNS.iter().find(|name| !columns.iter().any(|column| column == **name)) {
        let what = format!("no column {missing:?}: write {} as the first line", COLUMNS.join(","));
        return Err(Mistake::new(file, 1, what));
    }
    let mut people: Vec<Person> = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| at(error.position().cloned().as_ref(), describe(error)))?;
        let place = record.position();
        let row: Row = record.deserialize(Some(&columns)).map_err(|error| at(place, describe(error)))?;
        let person = person(&row, plan).map_err(|what| at(place, what))?;
        if people.iter().any(|other| other.name == person.name) {
            return Err(at(place, format!("{:?} is there twice", person.name)));
        }
        people.push(person);
    }
    Ok(people)
}

/// Where a row begins in the text: the reader's position is before the empty lines that it skips.
fn beginning(text: &str, position: &csv::Position) -> usize {
    let start = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.as_bytes().iter().skip(start);
    start.saturating_add(rest.take_while(|byte| matches!(byte, b'\r' | b'\n')).count())
}

fn person(row: &Row, plan: &Plan) -> Result<Person, String> {
    if row.name.is_empty() {
        return Err("a person needs a name".into());
    }
    let profile = match row.phone.as_str() {
        "android" => PhoneProfile::android(),
        "ios" => PhoneProfile::ios(),
        other => return Err(format!("{other:?} is no phone: write android or ios")),
    };
    let doors = row.doors.split(';').map(|name| door(name.trim(), plan)).collect::<Result<Vec<_>, _>>()?;
    if let Some(door) = plan.doors.iter().enumerate().find_map(|(position, door)| {
        (doors.iter().filter(|held| **held == position).count() > 1).then_some(door)
    }) {
        return Err(format!("{:?} is there twice", door.name));
    }
    let until = match row.until.as_str() {
        "" => None,
        text => Some(civil_time::parse(text, plan.zone)?),
    };
    if until.is_some_and(|until| until <= plan.start) {
        return Err(format!(
            "until is {:?}: write an instant after the start of the building file",
            row.until
        ));
    }
    Ok(Person {
        name: row.name.clone(),
        profile,
        doors,
        schedule: schedule(&row.schedule, plan)?,
        until,
        may_share: yes_or_no(&row.may_share)?,
    })
}

fn door(name: &str, plan: &Plan) -> Result<usize, String> {
    if name.is_empty() {
        return Err("doors: write at least one, and ';' between two".into());
    }
    plan.doors.iter().position(|door| door.name == name).ok_or_else(|| {
        let known: Vec<_> = plan.doors.iter().map(|door| door.name.as_str()).collect();
        format!("no door is called {name:?}; the building file has {}", known.join(", "))
    })
}

fn schedule(name: &str, plan: &Plan) -> Result<Option<Schedule>, String> {
    if name.is_empty() {
        return Ok(None);
    }
    let found = plan.schedules.iter().find(|(known, _)| known == name);
    found.map(|(_, schedule)| Some(schedule.clone())).ok_or_else(|| {
        format!("the building file has no schedule {name:?}: write it there, or leave the field empty")
    })
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" | "" => Ok(false),
        other => Err(format!("may_share is {other:?}: write yes or no")),
    }
}

/// What went wrong, without the position, which the caller names.
fn describe(error: csv::Error) -> String {
    match error.into_kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} fields where the first line has {expected_len}")
        }
        csv::ErrorKind::Deserialize { err, .. } => err.to_string(),
        csv::ErrorKind::Utf8 { .. } => "not UTF-8".into(),
        other => format!("{other:?}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = include_str!("../residents.csv");

    fn parse_changed(from: &str, to: &str) -> Result<Vec<Person>, Mistake> {
        assert!(GOOD.contains(from), "{from}");
        let plan = Plan::parse(Path::new("building.toml"), include_str!("../building.toml")).unwrap();
        parse(Path::new("residents.csv"), &GOOD.replacen(from, to, 1), &plan)
    }

    #[test]
    fn the_resident_list_of_the_repository_is_good() {
        assert_eq!(parse_changed("Ada", "Ada").unwrap().len(), 4);
    }

    #[test]
    fn mistakes_name_their_line() {
        let cases = [
            ("Flat 1", "Flat 9", "residents.csv:2: no door is called \"Flat 9\""),
            ("Bruno,ios", "Bruno,fax", "residents.csv:3: \"fax\" is no phone"),
            ("cleaning", "dancing", "residents.csv:3: the building file has no schedule"),
            ("Chloe", "Ada", "residents.csv:4: \"Ada\" is there twice"),
            ("2026-03-02 10:30", "tomorrow", "residents.csv:4: \"tomorrow\" is no date"),
            (",no\nChloe", "\nChloe", "residents.csv:3: 5 fields where the first line has 6"),
            ("may_share", "may_dance", "residents.csv:1: no column \"may_share\": write name,phone,"),
            ("Bruno", "\nBruno,fax,Cellar,,,no\nBruno", "residents.csv:4: \"fax\" is no phone"),
            ("Entrance;Flat 1", "Entrance;Entrance", "residents.csv:2: \"Entrance\" is there twice"),
            ("Entrance;Flat 1;Cellar", "", "residents.csv:2: doors: write at least one"),
            ("2026-03-02 10:30", "2026-03-02 08:30", "residents.csv:4: until is \"2026-03-02 08:30\": write"),
        ];
        for (from, to, expected) in cases {
            let mistake = parse_changed(from, to).unwrap_err().to_string();
            assert!(mistake.starts_with(expected), "{mistake}");
        }
    }
}
