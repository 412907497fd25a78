//! `tasks`, and what other commands say of them.

use serde_json::json;
use thumbturn_manager::office::task::DoorTask;
use thumbturn_manager::office::use_case::door::{ListDoors, OpenTasks};

use crate::clock::local;
use crate::delay;
use crate::desk::PropertyDesk;
use crate::failure::Failure;
use crate::hexadecimal::digits;

pub(super) async fn run(desk: &PropertyDesk) -> Result<(), Failure> {
    tell(desk, &desk.ask(&OpenTasks).await?, "task").await
}

/// One line for each door. `what` names the object for programs: what is, or what would follow.
pub(super) async fn tell(desk: &PropertyDesk, tasks: &[DoorTask], what: &str) -> Result<(), Failure> {
    let doors = desk.ask(&ListDoors).await?;
    for task in tasks {
        let line = doors.iter().find(|line| line.door == task.door);
        let name = line.map_or_else(|| digits(&task.door.0), |line| line.name.clone());
        let reasons: Vec<String> = task.reasons.iter().map(|reason| reason.to_string()).collect();
        let (due, because) = (local(task.due, &desk.zone), reasons.join(", "));
        let refuses =
            task.revocation.map(|time| format!(". Who loses access is refused {}", delay::words(&time)));
        let sentence = format!("Update {name} from {due} on: {because}{}", refuses.unwrap_or_default());
        let facts = json!({
            "door": digits(&task.door.0), "name": name, "due": task.due.seconds(), "reasons": reasons,
            "refuses_within": task.revocation.as_ref().map(delay::facts),
        });
        desk.screen().tell(&sentence, &json!({ what: facts }));
    }
    Ok(())
}
