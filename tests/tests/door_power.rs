//! Power fails before, in and after every flash operation: the log has no gap, no bolt moves twice, no counter is used twice (I3, I8).

use std::collections::BTreeMap;

use thumbturn_protocol::answer::Outcome;
use thumbturn_protocol::frame::MessageType;
use thumbturn_protocol::ids::OperationId;
use thumbturn_simulator::nor::Moment;
use thumbturn_tests::bench_door::BenchDoor;
use thumbturn_tests::manual_phone::{ManualPhone, Reply};
use thumbturn_tests::property::{Property, at};

const ACCEPTED: Outcome = Outcome::Accepted { relock_seconds: 5 };
const MOMENTS: [Moment; 3] = [Moment::Before, Moment::Middle, Moment::After];

/// What a phone does when its door comes back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Path {
    Full,
    Fast,
}

const PATHS: [Path; 2] = [Path::Full, Path::Fast];

/// A phone with an intent: one operation, however often and by whatever path it is asked for.
struct Intent {
    operation: OperationId,
    attempt: u8,
}

impl Intent {
    /// The first press under the phone's ticket.
    fn new(phone: &ManualPhone) -> Self {
        Self { operation: phone.ticket.as_ref().expect("a ticket").operation_id(1), attempt: 0 }
    }

    /// Asks; the phone keeps its ticket, as if the answer were lost. `None`: nothing authentic came back.
    fn ask(&mut self, door: &mut BenchDoor, phone: &mut ManualPhone, path: Path) -> Option<Outcome> {
        self.attempt += 1;
        let connection = door.connect();
        let hello = door.try_hello(connection)?;
        let (sent, message_type, request) = match path {
            Path::Fast => {
                let (sent, request) = phone.fast_request(&hello, 1, self.attempt);
                (sent, MessageType::FastRequest, request)
            }
            Path::Full => {
                let (sent, request) = phone.full_request(&hello, self.operation, self.attempt);
                (sent, MessageType::FullRequest, request)
            }
        };
        let messages = door.ask(connection, message_type, &request);
        door.disconnect(connection);
        let ticket = phone.ticket.clone();
        let reply = phone.read_reply(sent, &messages);
        phone.ticket = ticket;
        match reply {
            Reply::Answer(answer) => Some(answer.outcome),
            Reply::NotAccepted(_) | Reply::Silence => None,
        }
    }
}

/// How often the bolt moved for each operation, over all boots.
fn moves(door: &mut BenchDoor) -> BTreeMap<[u8; 8], usize> {
    let mut moves = BTreeMap::new();
    for operation in door.bolt_moves() {
        *moves.entry(operation.0).or_default() += 1;
    }
    moves
}

/// The log rises, and what is missing in it was overwritten and counted; each movement of the bolt has its event, each
/// operation moved at most once.
fn assert_sound(door: &mut BenchDoor, what: &str) {
    let sequences: Vec<u32> = door.log().iter().map(|logged| logged.sequence.0).collect();
    assert!(sequences.windows(2).all(|pair| pair[0] < pair[1]), "{what}: the log does not rise");
    let storage = door.engine().storage_mut();
    let lost = storage.lost_events();
    let all = u32::try_from(sequences.len()).expect("a short log") + lost.evidence + lost.routine;
    assert_eq!(all, storage.newest_event().0, "{what}: the log has a gap; {lost:?}");
    let logged = door.logged_operations();
    for (operation, times) in moves(door) {
        assert_eq!(times, 1, "{what}: the bolt moved {times} times for one operation");
        assert!(
            lost.evidence > 0 || logged.contains(&OperationId(operation)),
            "{what}: a movement without an event"
        );
    }
}

/// A claimed door at rest, and a phone with a ticket.
fn stage(seed: u64) -> (BenchDoor, ManualPhone) {
    let mut property = Property::new(seed);
    let phone = property.ticket_holder();
    (property.door, phone)
}

/// Cuts the power in every flash operation of the first request, and retries by every path; gives how many there were.
fn cut_everywhere(seed: u64, first: Path, retry: [Path; 2]) -> u64 {
    let mut most = 0;
    for moment in MOMENTS {
        for operation in 0.. {
            let (mut door, mut phone) = stage(seed);
            let before = door.bolt_moves().len();
            let mut intent = Intent::new(&phone);
            door.flash.cut_power(operation, moment);
            intent.ask(&mut door, &mut phone, first);
            let was_cut = !door.flash.is_powered();
            let what = format!("{first:?} then {retry:?}, cut {moment:?} in operation {operation}");
            for path in retry {
                door = door.reboot();
                assert_sound(&mut door, &what);
                let outcome = intent.ask(&mut door, &mut phone, path);
                let moved = door.bolt_moves().len() - before;
                match outcome {
                    Some(Outcome::Accepted { .. }) => assert_eq!(moved, 1, "{what}"),
                    Some(Outcome::OutcomeUnknown) => assert!(moved <= 1, "{what}"),
                    // A full handshake ends the chain before it, and is always there.
                    None => assert_eq!(path, Path::Fast, "{what}"),
                    other => panic!("{what}: {other:?}"),
                }
                assert_sound(&mut door, &what);
            }
            // A new intent opens.
            door.pass(2_000);
            assert_eq!(phone.unlock_full(&mut door), ACCEPTED, "{what}");
            assert_eq!(phone.unlock_fast(&mut door), ACCEPTED, "{what}");
            assert_sound(&mut door, &what);
            if !was_cut {
                most = most.max(operation);
                break;
            }
        }
    }
    most
}

#[test]
fn a_power_cut_anywhere_in_a_full_unlock_moves_no_bolt_twice() {
    for retry in [[Path::Full, Path::Full], [Path::Fast, Path::Full], [Path::Full, Path::Fast]] {
        assert!(cut_everywhere(601, Path::Full, retry) >= 3, "event, ticket, report");
    }
}

#[test]
fn a_power_cut_anywhere_in_a_fast_unlock_moves_no_bolt_twice() {
    for retry in [[Path::Full, Path::Full], [Path::Fast, Path::Full], [Path::Full, Path::Fast]] {
        assert!(cut_everywhere(602, Path::Fast, retry) >= 3, "event, ticket, report");
    }
}

#[test]
fn two_power_cuts_in_a_row_move_no_bolt_twice() {
    // The second falls into the boot, or into the retry.
    for path in PATHS {
        for first_cut in 0..4 {
            for second_cut in 0..8 {
                let (mut door, mut phone) = stage(603);
                let mut intent = Intent::new(&phone);
                door.flash.cut_power(first_cut, MOMENTS[usize::try_from(first_cut).expect("small") % 3]);
                intent.ask(&mut door, &mut phone, path);
                let mut board = door.into_board();
                board.flash.power_on();
                board.hardware.events.clear();
                board.flash.cut_power(second_cut, MOMENTS[usize::try_from(second_cut).expect("small") % 3]);
                // The engine takes its board with it when it does not boot; the chip is what survives.
                let (chip, hardware) = (board.flash.clone(), board.hardware.clone());
                let random = board.random.clone();
                let mut door = match BenchDoor::boot(board) {
                    Ok(mut door) => {
                        intent.ask(&mut door, &mut phone, path);
                        door.reboot()
                    }
                    Err(_) => {
                        chip.power_on();
                        let board = thumbturn_lock::platform::Board { flash: chip, random, hardware };
                        BenchDoor::boot(board).expect("the door boots with power")
                    }
                };
                let what = format!("{path:?}, cuts in {first_cut} and {second_cut}");
                assert_sound(&mut door, &what);
                assert!(intent.ask(&mut door, &mut phone, Path::Full).is_some(), "{what}");
                assert_sound(&mut door, &what);
            }
        }
    }
}

#[test]
fn a_bolt_that_moved_before_the_cut_is_answered_outcome_unknown() {
    for path in PATHS {
        let (mut door, mut phone) = stage(604);
        let mut intent = Intent::new(&phone);
        assert_eq!(intent.ask(&mut door, &mut phone, path), Some(ACCEPTED));
        let moves = door.bolt_moves().len();
        for retry in PATHS {
            door = door.reboot();
            let outcome = intent.ask(&mut door, &mut phone, retry);
            if (path, retry) == (Path::Full, Path::Fast) {
                assert_eq!(outcome, None, "the handshake ended the chain");
            } else {
                assert_eq!(outcome, Some(Outcome::OutcomeUnknown));
            }
        }
        assert_eq!(door.bolt_moves().len(), moves);
    }
}

#[test]
fn the_last_sixteen_operations_stay_known_over_a_power_cut() {
    let mut property = Property::new(605);
    let mut phones: Vec<ManualPhone> = (0..17).map(|_| property.resident()).collect();
    let operations: Vec<OperationId> = phones.iter_mut().map(ManualPhone::new_operation).collect();
    for (phone, operation) in phones.iter_mut().zip(&operations) {
        assert_eq!(phone.try_full(&mut property.door, *operation, 1).outcome(), ACCEPTED);
        property.door.pass(2_000);
    }
    property.door = property.door.reboot();
    let moves = property.door.bolt_moves().len();
    for (phone, operation) in phones.iter_mut().zip(&operations) {
        let outcome = phone.try_full(&mut property.door, *operation, 2).outcome();
        assert_eq!(
            outcome,
            Outcome::OutcomeUnknown,
            "the oldest is known by its chain, the others by the log"
        );
        property.door.pass(2_000);
    }
    assert_eq!(property.door.bolt_moves().len(), moves);
}

#[test]
fn power_cuts_in_housekeeping_lose_nothing_that_was_promised() {
    // A door in use with a clock of its own, cut in every flash operation of its unlocks and of what it does between them.
    for moment in MOMENTS {
        let (mut door, mut phone) = stage(606);
        let mut unlocked = 0;
        let mut hours = 1;
        for round in 0..99_u64 {
            door.flash.cut_power(round % 33, moment);
            for unlock in 0..8 {
                let before = door.bolt_moves().len();
                let operation = OperationId((round * 8 + unlock + 1).to_be_bytes());
                let _ = phone.try_full(&mut door, operation, 1);
                let _ = phone.unlock_fast_or_not(&mut door);
                unlocked += door.bolt_moves().len() - before;
                door.pass(if unlock % 4 == 0 { 3_600_000 } else { 6_000 });
                hours += u64::from(unlock % 4 == 0);
                if !door.flash.is_powered() {
                    break;
                }
            }
            assert!(!door.flash.is_powered(), "the power was cut");
            let clock = at(i64::try_from(hours * 3_600).expect("a few days"));
            door = door.reboot_with(|board| board.hardware.real_time_clock = Some(clock));
            assert_sound(&mut door, &format!("round {round}, {moment:?}"));
        }
        assert!(unlocked > 200, "{unlocked} unlocks");
        door.pass(10_000);
        assert_eq!(phone.unlock_full(&mut door), ACCEPTED);
        assert_eq!(phone.unlock_fast(&mut door), ACCEPTED);
    }
}

#[test]
fn the_log_goes_on_without_a_gap_over_its_wraps() {
    // Both parts of the log wrap; cuts fall around every change of block.
    let (mut door, mut phone) = stage(607);
    for round in 0..1_100_u64 {
        if round % 9 == 0 {
            let moment = MOMENTS[usize::try_from(round).expect("small") / 9 % 3];
            door.flash.cut_power(round % 7, moment);
        }
        let _ = phone.unlock_fast_or_not(&mut door);
        door.pass(6_000);
        if !door.flash.is_powered() {
            door = door.reboot();
            door.pass(2_000);
            // A residence without a clock opens 200 times; each boot counts anew.
            assert_eq!(phone.unlock_full(&mut door), ACCEPTED, "round {round}");
            door.pass(6_000);
        }
        door.flash.power_on();
        if round % 50 == 0 {
            assert_sound(&mut door, &format!("round {round}"));
        }
    }
    assert_sound(&mut door, "at last");
    assert!(door.engine().storage_mut().lost_events().evidence > 0, "the ring wrapped");
}
