//! A whole door with 20,000 rows: engine, sessions, signatures, digests. What an update of one row costs at the worst moment, how
//! long the longest call is, and how much RAM the engine takes while a snapshot replaces the list.

use thumbturn_protocol::bounded::Bytes;
use thumbturn_protocol::deny::{DenyEntry, DenySubject};
use thumbturn_protocol::frame::{AttMtu, MessageType};
use thumbturn_protocol::ids::{HolderId, ListVersion, Serial};
use thumbturn_protocol::record::{Progress, Record};
use thumbturn_protocol::update::parcel::Parcel;
use thumbturn_protocol::update::row::Row;
use thumbturn_simulator::authority::{DoorList, GrantTerms};
use thumbturn_tests::bench_door::{BenchDoor, frames};
use thumbturn_tests::conversation::Conversation;
use thumbturn_tests::courier::Courier;
use thumbturn_tests::manual_phone::ManualPhone;
use thumbturn_tests::property::{Property, at};

use crate::figures::Figures;
use crate::ram;

/// As many as a list may have (spec §10.1).
const ROWS: u32 = 20_000;
/// The chunk in which two residents come while a snapshot is on its way.
const RUSH: u16 = 100;
/// Polls between two updates, in which the door gets on with its maintenance.
const POLLS: u32 = 7;

/// Measures and notes.
pub fn measure(figures: &mut Figures, updates: u32) {
    let mut property = Property::new(41);
    let mut neighbour = property.resident();
    let mut residents: Vec<_> = (0..2).map(|_| property.resident()).collect();
    let mut list = property.authority.list_of(&property.configuration).expect("a seeded source");
    for number in 0..ROWS {
        list.set(row(number, 1));
    }
    let first = property.authority.snapshot(&mut list, at(0)).expect("a list that fits");
    let second = property.authority.snapshot(&mut list, at(0)).expect("a list that fits");
    let mut board = property.door.into_board();
    board.hardware = thumbturn_tests::bench_hardware::BenchHardware::default();
    let memory = ram::begin();
    property.door = BenchDoor::boot(board).expect("the door boots");
    ram::watch_from(ram::live_since(memory));
    property.door.watch = Some(ram::watch);
    for snapshot in [&first, &second] {
        replace(&mut property.door, &mut neighbour, snapshot, None);
    }
    let terms =
        GrantTerms { min_list_version: ListVersion(list.version().0 + 1), ..GrantTerms::resident(at(-60)) };
    let mut tenant = property.phone(&terms);
    let worst = worst_update(&mut property, &mut tenant, &mut list, updates);
    let alone = ram::most_held();
    let third = property.authority.snapshot(&mut list, at(0)).expect("a list that fits");
    replace(&mut property.door, &mut neighbour, &third, Some(&mut residents));
    figures.note("door.apply_one_row_ms_worst", worst as f64 / 1e3);
    figures.note("door.call_ms_worst_20000_rows", property.door.longest_call_micros as f64 / 1e3);
    figures.note("door.ram_bytes_20000_rows", alone as f64);
    figures.note("door.ram_bytes_20000_rows_in_a_rush", ram::most_held() as f64);
}

/// The neighbour brings a whole list. In the middle of it residents come, each with a full request.
fn replace(
    door: &mut BenchDoor,
    neighbour: &mut ManualPhone,
    snapshot: &Parcel,
    mut rush: Option<&mut Vec<ManualPhone>>,
) {
    door.pass(60_000);
    let mut session = Conversation::begin(neighbour, door);
    let mut courier = Courier::new(snapshot);
    let mut progress = courier.offer(&mut session, door);
    while let Progress::Next { chunk, offset: 0 } = progress {
        if chunk == RUSH
            && let Some(residents) = rush.take()
        {
            progress = among_residents(door, residents, &mut session, &mut courier);
            continue;
        }
        progress = courier.send_chunk(&mut session, door, chunk).expect("progress after a chunk");
    }
    assert!(matches!(progress, Progress::Applied { .. }), "{progress:?}");
    door.disconnect(session.connection);
    door.pass(60_000);
}

/// One chunk that arrives while the requests of two residents are worked on.
fn among_residents(
    door: &mut BenchDoor,
    residents: &mut [ManualPhone],
    session: &mut Conversation,
    courier: &mut Courier<'_>,
) -> Progress {
    let connections: Vec<_> = residents.iter().map(|_| door.connect()).collect();
    let hellos: Vec<_> = connections.iter().map(|id| door.hello(*id)).collect();
    for ((phone, id), hello) in residents.iter_mut().zip(&connections).zip(&hellos) {
        let operation = phone.new_operation();
        let (_, request) = phone.full_request(hello, operation, 1);
        for frame in frames(MessageType::FullRequest, &request, AttMtu::MINIMUM) {
            door.write_unpolled(*id, &frame);
        }
    }
    for record in courier.records(RUSH) {
        session.say_unpolled(door, &record);
        door.step();
    }
    door.settle();
    for id in connections {
        door.disconnect(id);
    }
    courier.offer(session, door)
}

/// Microseconds from the offer of an update of one row until the door says that it is applied: the most of many, one behind the other,
/// with a few polls between them.
fn worst_update(property: &mut Property, tenant: &mut ManualPhone, list: &mut DoorList, updates: u32) -> u64 {
    let Property { authority, door, .. } = property;
    // A tenant waits for it, so that no budget of a day stands in the way of a thousand.
    let mut session = Conversation::begin(tenant, door);
    let mut worst = 0;
    for number in 0..updates {
        list.set(row(number * 7_919 % ROWS, number + 2));
        let from = list.version();
        let delta = authority.delta(list, from, at(0)).expect("a list that fits");
        let before = door.spent_micros;
        let mut courier = Courier::new(&delta);
        let header = Bytes::try_from(delta.header().as_bytes()).expect("a header");
        session.say_unpolled(door, &Record::Offer(header));
        until(&mut session, door, |progress| matches!(progress, Progress::Next { .. }));
        for record in courier.records(0) {
            session.say_unpolled(door, &record);
        }
        until(&mut session, door, |progress| *progress == Progress::Applied { list_version: list.version() });
        worst = worst.max(door.spent_micros - before);
        for _ in 0..number % POLLS {
            door.step();
        }
    }
    worst
}

/// Polls until the door says it.
fn until(session: &mut Conversation, door: &mut BenchDoor, expected: impl Fn(&Progress) -> bool) {
    for _ in 0..10_000 {
        let heard = session.heard(door);
        let progress = heard.iter().filter_map(|record| match record {
            Record::Progress { progress, .. } => Some(progress),
            _ => None,
        });
        for progress in progress {
            assert!(!matches!(progress, Progress::Refused(_) | Progress::Gap { .. }), "{progress:?}");
            if expected(progress) {
                return;
            }
        }
        door.step();
    }
    panic!("the door says nothing");
}

fn row(number: u32, serial: u32) -> Row {
    let mut holder = [0; 8];
    holder[..4].copy_from_slice(&(number * 200_000).to_be_bytes());
    Row::Deny(DenyEntry { subject: DenySubject::Holder(HolderId(holder)), void_before: Serial(serial) })
}
