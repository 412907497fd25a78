//! `key`.

use serde_json::{Value, json};
use thumbturn_manager::access::{KeyDoor, WeeklyHours};
use thumbturn_manager::office::model::Name;
use thumbturn_manager::office::use_case::door::{DoorLine, ListDoors};
use thumbturn_manager::office::use_case::key::{ChangeKey, CreateKey, KeyLine, ListKeys};

use super::tasks;
use crate::arguments::{Key, KeyDoors};
use crate::desk::PropertyDesk;
use crate::failure::Failure;
use crate::hexadecimal::digits;
use crate::hours::door_and_hours;

pub(super) async fn run(desk: &PropertyDesk, wanted: &Key) -> Result<(), Failure> {
    match wanted {
        Key::Create(wanted) => create(desk, wanted).await,
        Key::Change(wanted) => change(desk, wanted).await,
        Key::List => list(desk).await,
    }
}

/// A Key by its name.
pub(super) async fn named(desk: &PropertyDesk, name: &str) -> Result<KeyLine, Failure> {
    let keys = desk.ask(&ListKeys).await?;
    let names: Vec<&str> = keys.iter().map(|key| key.name.as_str()).collect();
    let unknown = Failure::unknown("Key", name, &names);
    keys.into_iter().find(|key| key.name == name).ok_or(unknown)
}

async fn create(desk: &PropertyDesk, wanted: &KeyDoors) -> Result<(), Failure> {
    let name = Name::parse(&wanted.name)?;
    let doors = doors(desk, wanted).await?;
    let key = digits(&desk.perform(&CreateKey { name: name.clone(), doors }).await?.0);
    desk.screen().tell(&format!("{name} is Key {key}."), &json!({ "key": key, "name": name.as_str() }));
    Ok(())
}

async fn change(desk: &PropertyDesk, wanted: &KeyDoors) -> Result<(), Failure> {
    let key = named(desk, &wanted.name).await?;
    let change = ChangeKey { key: key.key, doors: doors(desk, wanted).await? };
    let known = desk.ask(&ListDoors).await?;
    let (before, after) = (described(&key.doors, &known), described(&change.doors, &known));
    let sentence = format!("{} opens {before}, and will open {after}, for {} people.", key.name, key.holders);
    let facts =
        json!({ "key": digits(&key.key.0), "before": before, "after": after, "holders": key.holders });
    desk.screen().tell(&sentence, &json!({ "follows": facts }));
    tasks::tell(desk, &desk.foresee(&change).await?, "follows").await?;
    desk.confirm()?;
    let tasks = desk.perform(&change).await?;
    desk.screen().tell(&format!("{} is changed.", key.name), &json!({ "changed": digits(&key.key.0) }));
    tasks::tell(desk, &tasks, "task").await
}

async fn list(desk: &PropertyDesk) -> Result<(), Failure> {
    let known = desk.ask(&ListDoors).await?;
    for line in desk.ask(&ListKeys).await? {
        let (key, doors) = (digits(&line.key.0), described(&line.doors, &known));
        let facts: Vec<Value> = line.doors.iter().map(|door| json!(digits(&door.door.0))).collect();
        let facts = json!({ "key": key, "name": line.name, "doors": facts, "holders": line.holders });
        let sentence = format!("{key}  {}  {doors}, {} people", line.name, line.holders);
        desk.screen().tell(&sentence, &facts);
    }
    Ok(())
}

/// The doors that were named.
async fn doors(desk: &PropertyDesk, wanted: &KeyDoors) -> Result<Vec<KeyDoor>, Failure> {
    let known = desk.ask(&ListDoors).await?;
    let names: Vec<&str> = known.iter().map(|line| line.name.as_str()).collect();
    let door = |text: &String| {
        // A name may itself have an equals sign.
        let whole = known.iter().find(|line| line.name == *text);
        let (name, hours) = match whole {
            Some(_) => (text.as_str(), WeeklyHours::Always),
            None => door_and_hours(text)?,
        };
        let line = known.iter().find(|line| line.name == name);
        let line = line.ok_or_else(|| Failure::unknown("door", name, &names))?;
        Ok(KeyDoor { door: line.door, hours, doorcodes: !wanted.without_doorcodes })
    };
    wanted.doors.iter().map(door).collect()
}

fn described(doors: &[KeyDoor], known: &[DoorLine]) -> String {
    let name = |door: &KeyDoor| {
        let line = known.iter().find(|line| line.door == door.door);
        let name = line.map_or_else(|| digits(&door.door.0), |line| line.name.clone());
        if door.hours == WeeklyHours::Always { name } else { format!("{name} at hours") }
    };
    doors.iter().map(name).collect::<Vec<_>>().join(", ")
}
