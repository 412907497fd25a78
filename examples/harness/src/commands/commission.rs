//! `commission`: a factory-fresh door becomes a door of the test property.

use serde_json::json;
use thumbturn_phone::commission::ClaimError;
use thumbturn_phone::queue::EventQueue;
use thumbturn_protocol::claim::{DoorConfiguration, DoorKind};
use thumbturn_protocol::ids::ClaimSecret;
use thumbturn_protocol::keys::DoorPublicKeys;

use super::Workplace;
use crate::arguments::{Commission, Kind};
use crate::clock::time_of_day;
use crate::failure::{Failure, OUTCOME_UNKNOWN};
use crate::player::{Player, cancel_on_interrupt};
use crate::state::door::DoorFile;
use crate::state::hexadecimal;

/// Steps that a claim may report.
const STEPS: usize = 64;

/// Claims the door.
pub(crate) async fn run(workplace: &Workplace, asked: &Commission) -> Result<(), Failure> {
    let property = workplace.state.property()?;
    let path = workplace.state.door_path(&asked.name);
    let known = DoorFile::find(&path)?;
    if known.as_ref().is_some_and(DoorFile::is_claimed) {
        return Err(Failure::new(
            "door-known",
            format!("a door called {} was claimed before", asked.name),
            format!("choose another --name, or remove {} when that door was reset", path.display()),
        ));
    }
    // The configuration is on disk before the door hears it: a claim whose outcome is unknown is asked for again with the same.
    let is_new = known.is_none();
    let mut door = match known {
        Some(door) => as_before(door, asked)?,
        None => {
            let configuration = property.configure(kind(asked.kind), asked.relock, time_of_day())?;
            let door = DoorFile::new(&path, &asked.name, configuration)?;
            door.save()?;
            door
        }
    };
    let claimed = claim(workplace, asked, &door).await;
    // A door that has heard nothing keeps no name.
    if is_new && claimed.as_ref().is_err_and(|failure| failure.reason != OUTCOME_UNKNOWN) {
        door.forget()?;
    }
    let keys = claimed?;
    door.keys = Some(keys);
    door.save()?;
    let (id, key) = (hexadecimal::digits(&door.configuration.door.0), hexadecimal::digits(&keys.id().0));
    let name = &door.name;
    workplace.screen.tell(
        &format!("{name} is claimed: door {id}, keys {key}. Next: `unlock --door {name}`"),
        &json!({ "command": "commission", "name": name, "door": id, "door_key": key }),
    );
    Ok(())
}

/// The claim itself.
async fn claim(
    workplace: &Workplace,
    asked: &Commission,
    door: &DoorFile,
) -> Result<DoorPublicKeys, Failure> {
    let air = workplace.air().await?;
    let player = Player::new(&air);
    let spinner = workplace.screen.spinner("claiming");
    let (secret, steps) = (ClaimSecret::from_bytes(asked.secret), EventQueue::new(STEPS));
    let cancel = cancel_on_interrupt();
    let claimed = player.claimer().claim(secret, door.configuration.clone(), &cancel, &steps).await;
    spinner.finish_and_clear();
    claimed.map_err(|error| {
        let trouble = player.timeline.take_trouble().filter(|_| is_of_the_radio(error));
        Failure::from(error).because(trouble.as_ref())
    })
}

/// A door whose claim has no known outcome is claimed as it was asked for then, or not at all.
fn as_before(door: DoorFile, asked: &Commission) -> Result<DoorFile, Failure> {
    let DoorConfiguration { kind: before, relock_seconds, .. } = door.configuration;
    if before == kind(asked.kind) && relock_seconds == asked.relock {
        return Ok(door);
    }
    Err(Failure::new(
        "door-unfinished",
        format!("a claim of {} with another --kind or --relock has no known outcome", asked.name),
        format!("repeat it with those, or choose another --name (it was: {before:?}, {relock_seconds} s)"),
    ))
}

const fn is_of_the_radio(error: ClaimError) -> bool {
    matches!(error, ClaimError::BluetoothOff | ClaimError::BluetoothUnauthorized | ClaimError::ConnectionLost)
}

const fn kind(kind: Kind) -> DoorKind {
    match kind {
        Kind::Entrance => DoorKind::BuildingEntrance,
        Kind::Residence => DoorKind::Residence,
        Kind::Service => DoorKind::Service,
        Kind::Communal => DoorKind::Communal,
    }
}
