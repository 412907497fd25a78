//! `door`.

use serde_json::json;
use thumbturn_manager::office::model::{DoorType, Name};
use thumbturn_manager::office::use_case::door::{AddDoor, ListDoors};

use crate::arguments::{Door, Kind};
use crate::desk::PropertyDesk;
use crate::failure::Failure;
use crate::hexadecimal::digits;

pub(super) async fn run(desk: &PropertyDesk, wanted: &Door) -> Result<(), Failure> {
    match wanted {
        Door::Add { name, kind, connected } => {
            let name = Name::parse(name)?;
            let door = AddDoor { name: name.clone(), kind: door_type(*kind), is_connected: *connected };
            let door = digits(&desk.perform(&door).await?.0);
            let facts = json!({ "door": door, "name": name.as_str() });
            desk.screen().tell(&format!("{name} is door {door}."), &facts);
            Ok(())
        }
        Door::List => list(desk).await,
    }
}

async fn list(desk: &PropertyDesk) -> Result<(), Failure> {
    for line in desk.ask(&ListDoors).await? {
        let (door, kind) = (digits(&line.door.0), kind_name(line.kind));
        let network = if line.is_connected { ", connected" } else { "" };
        let facts = json!({ "door": door, "name": line.name, "kind": kind, "connected": line.is_connected });
        desk.screen().tell(&format!("{door}  {}  ({kind}{network})", line.name), &facts);
    }
    Ok(())
}

const fn door_type(kind: Kind) -> DoorType {
    match kind {
        Kind::Entrance => DoorType::BuildingEntrance,
        Kind::Residence => DoorType::Residence,
        Kind::Service => DoorType::Service,
        Kind::Communal => DoorType::Communal,
    }
}

const fn kind_name(kind: DoorType) -> &'static str {
    match kind {
        DoorType::BuildingEntrance => "entrance",
        DoorType::Residence => "residence",
        DoorType::Service => "service",
        DoorType::Communal => "communal",
    }
}
