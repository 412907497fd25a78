//! What an unlock asks of the flash before the bolt moves, over three wraps of a full log that nobody acknowledges.

use thumbturn_lock::storage::{CHAINS, layout};
use thumbturn_protocol::frame::{AttMtu, MessageType};
use thumbturn_protocol::ticket::Ticket;
use thumbturn_simulator::nor::FlashUse;
use thumbturn_tests::bench_door::{BenchDoor, frames};
use thumbturn_tests::manual_phone::ManualPhone;
use thumbturn_tests::property::Property;

use crate::figures::Figures;

/// Erases of the log's first block after which it has wrapped three times.
const ERASES_OF_THREE_WRAPS: u32 = 4;

/// Measures and notes.
pub fn measure(figures: &mut Figures) {
    let mut property = Property::new(11);
    let mut phone = property.resident();
    phone.unlock_full(&mut property.door);
    let mut worst = FlashUse::default();
    let mut milliseconds = 0.0_f64;
    while erases_of_first_block(&mut property.door) < ERASES_OF_THREE_WRAPS {
        let used = before_bolt(&mut property.door, &mut phone);
        worst.appends = worst.appends.max(used.appends);
        worst.erases = worst.erases.max(used.erases);
        milliseconds = milliseconds.max(used.micros() as f64 / 1e3);
    }
    figures.note("door.flash_appends_per_unlock", worst.appends as f64);
    figures.note("door.flash_erases_before_bolt", worst.erases as f64);
    figures.note("door.flash_ms_before_bolt", milliseconds);
    figures.note("door.tickets", CHAINS as f64);
}

/// One fast unlock; what it asked of the flash from its request to the bolt.
fn before_bolt(door: &mut BenchDoor, phone: &mut ManualPhone) -> FlashUse {
    door.pass(7_000);
    let connection = door.connect();
    let hello = door.hello(connection);
    let (_, request) = phone.fast_request(&hello, 1, 1);
    phone.ticket = phone.ticket.as_ref().map(Ticket::next);
    let (before, moved) = (door.flash_use(), door.bolt_moves().len());
    for frame in frames(MessageType::FastRequest, &request, AttMtu::MINIMUM) {
        door.write_unpolled(connection, &frame);
    }
    assert_eq!(door.bolt_moves().len(), moved + 1, "the bolt moves while the request is handled");
    let used = door.flash_use().since(&before);
    door.settle();
    door.disconnect(connection);
    used
}

fn erases_of_first_block(door: &mut BenchDoor) -> u32 {
    door.engine().storage_mut().flash().wear()[layout::EVIDENCE.first_block]
}
