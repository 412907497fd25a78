//! The harness as people run it, at the real door engine on the virtual radio.
#![expect(clippy::unwrap_used, reason = "a failed step of the set-up fails the test")]
#![expect(clippy::indexing_slicing, clippy::string_slice, reason = "what is not there fails the test")]
#![expect(clippy::std_instead_of_core, reason = "tests always have std")]

mod door;
mod harness;

use serde_json::{Value, json};
use thumbturn_lock::hardware::HardwareEvent;
use thumbturn_lock::keypad::Digit;
use thumbturn_lock::signal::Signal;
use thumbturn_protocol::card::{CardToken, CardVersion};
use thumbturn_simulator::card::Card;

use door::{Body, TestDoor};
use harness::Harness;

#[test]
fn a_claimed_door_opens_first_by_the_full_and_then_by_the_fast_path() {
    let door = TestDoor::start(1);
    let harness = Harness::with_claimed(&door);
    let first = harness.facts(&door, &["unlock"]);
    assert_eq!((&first["outcome"], &first["path"]), (&"open".into(), &"full".into()));
    let second = harness.facts(&door, &["unlock"]);
    assert_eq!((&second["path"], &second["bolt_moved"]), (&"fast".into(), &true.into()));
    assert_eq!(door.moves(), 2);
}

#[test]
fn a_scan_names_the_doors_that_were_claimed_here() {
    let door = TestDoor::start(2);
    let stranger = Harness::new();
    let seen = stranger.facts(&door, &["scan", "--seconds", "1"]);
    assert_eq!(seen["doors"][0]["door"], Value::Null);
    let harness = Harness::with_claimed(&door);
    let seen = harness.facts(&door, &["scan", "--seconds", "1"]);
    assert_eq!(seen["doors"][0]["door"], "door");
    assert_eq!(seen["doors"][0]["list_version"], 1);
}

#[test]
fn a_wrong_secret_claims_nothing_and_says_what_to_do() {
    let door = TestDoor::start(3);
    let harness = Harness::new();
    let run = harness.run(&door, &["commission", "--secret", "00112233445566778899aabbccddeeff"]);
    assert!(!run.worked);
    assert_eq!(run.facts.last().unwrap()["failure"], "not-in-range");
    assert!(run.errors.contains("next:"), "{}", run.errors);
    let run = harness.run(&door, &["unlock"]);
    assert_eq!(run.facts.last().unwrap()["failure"], "no-door");
    assert_eq!(door.moves(), 0);
    assert!(!harness.path("doors/door.json").exists(), "a door that nobody has met keeps no file");
}

#[test]
fn a_wrong_command_line_is_told_to_programs_too() {
    let door = TestDoor::start(5);
    let run = Harness::new().run(&door, &["commission", "--secret", "0011"]);
    assert!(!run.worked);
    assert_eq!(run.facts.last().unwrap()["failure"], "command-line");
}

#[cfg(unix)]
#[test]
fn the_keys_of_the_state_are_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;

    let door = TestDoor::start(13);
    let harness = Harness::with_claimed(&door);
    harness.facts(&door, &["unlock"]);
    let keys = ["property.json", "doors/door.json", "phones", "phones/phone/key-for-testing.json"];
    for name in keys {
        let mode = std::fs::metadata(harness.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name} has {mode:o}");
    }
}

#[test]
fn a_door_that_has_gone_is_told_from_one_that_is_silent() {
    let door = TestDoor::start(4);
    let harness = Harness::with_claimed(&door);
    let address = door.address;
    drop(door);
    let run = harness.run_at(address, &["unlock"]);
    assert_eq!(run.facts.last().unwrap()["failure"], "pipe-refused");
}

#[test]
fn a_probe_of_a_door_that_is_not_there_fails_no_case() {
    let harness = Harness::with_claimed(&TestDoor::start(14));
    let run = harness.run(&TestDoor::start(15), &["probe"]);
    assert!(run.errors.starts_with("error [not-in-range]: "), "{}", run.errors);
    assert_eq!((run.facts.len(), &run.facts[0]["failure"]), (1, &"not-in-range".into()));
}

#[test]
fn an_update_arrives_and_the_next_one_is_as_small_as_its_change() {
    let door = TestDoor::start(6);
    let harness = Harness::with_claimed(&door);
    let whole = harness.facts(&door, &["update", "--bytes", "20KiB"]);
    assert_eq!(whole["rows"], 320);
    assert!(whole["parcel_bytes"].as_u64().unwrap() > 20_480);
    let change = harness.facts(&door, &["update", "--rows", "2"]);
    assert!(change["list_version"].as_u64() > whole["list_version"].as_u64());
    assert!(change["parcel_bytes"].as_u64().unwrap() < 1_000, "{change}");
    assert!(change["goodput_bytes_per_second"].as_f64().unwrap() > 0.0);
    assert_eq!(door.moves(), 0, "an update opens nothing");
}

#[test]
fn the_list_of_a_large_door_is_carried_like_a_small_one() {
    let door = TestDoor::start(20);
    let harness = Harness::with_claimed(&door);
    let whole = harness.facts(&door, &["update", "--bytes", "300KiB"]);
    assert_eq!(whole["rows"], 4_800);
    assert_eq!(whole["sessions"], 1);
}

#[test]
fn a_code_and_a_card_open_once_they_were_brought() {
    let door = TestDoor::start(7);
    let harness = Harness::with_claimed(&door);
    let code = harness.facts(&door, &["code"]);
    let typed = door.shows_after(|body| type_code(body, code["code"].as_str().unwrap()));
    assert_eq!((typed, door.moves()), (Some(Signal::Accepted), 1));

    let stranger = door.shows_after(|body| {
        body.hold(card(&json!({
            "token": "0011223344556677", "version": 1,
            "common_key": "00".repeat(16), "residence_key": "00".repeat(16),
        })))
    });
    assert_eq!((stranger, door.moves()), (Some(Signal::CardFailure), 1));
    let facts = harness.facts(&door, &["card"]);
    let held = door.shows_after(|body| body.hold(card(&facts)));
    assert_eq!((held, door.moves()), (Some(Signal::Accepted), 2));
}

#[test]
fn the_log_tells_what_happened_and_is_whole() {
    let door = TestDoor::start(8);
    let harness = Harness::with_claimed(&door);
    for _ in 0..3 {
        harness.facts(&door, &["unlock"]);
    }
    let run = harness.run(&door, &["logs"]);
    assert!(run.worked, "{}", run.errors);
    let operations =
        run.facts.iter().filter(|fact| fact["event"] == "operation" && fact["kind"] == "unlock").count();
    assert_eq!(operations, door.moves());
    let last = run.facts.last().unwrap();
    assert_eq!((&last["lost"], &last["whole"]), (&0.into(), &true.into()));
    assert!(last["complete"].as_u64().unwrap() >= 7, "{last}");
}

#[test]
fn a_log_of_several_batches_comes_whole_also_behind_an_old_receipt() {
    let door = TestDoor::start(12);
    let harness = Harness::with_claimed(&door);
    harness.facts(&door, &["logs"]);
    for _ in 0..40 {
        harness.facts(&door, &["unlock", "--phone", "other"]);
    }
    let run = harness.run(&door, &["logs"]);
    assert!(run.worked, "{}", run.errors);
    let operations =
        run.facts.iter().filter(|fact| fact["event"] == "operation" && fact["kind"] == "unlock").count();
    assert_eq!(operations, door.moves());
    assert_eq!(run.facts.last().unwrap()["whole"], true);
}

fn type_code(body: &Body, code: &str) {
    for digit in code.bytes() {
        body.happens(HardwareEvent::Digit(Digit::new(digit - b'0').unwrap()));
    }
}

/// A card as the program says that it must be.
fn card(facts: &Value) -> Card {
    let bytes = |name: &str| -> Vec<u8> {
        let text = facts[name].as_str().unwrap();
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    };
    let version = CardVersion(u8::try_from(facts["version"].as_u64().unwrap()).unwrap());
    let key = |name| bytes(name).try_into().unwrap();
    Card::new(CardToken(bytes("token").try_into().unwrap()), version, key("common_key"), key("residence_key"))
}

#[test]
fn a_soak_gives_each_tap_one_outcome_and_the_log_agrees() {
    let door = TestDoor::start(9);
    let harness = Harness::with_claimed(&door);
    let facts = harness.facts(&door, &["soak", "--unlocks", "50", "--phones", "2", "--seed", "7"]);
    assert_eq!(facts["requests"], 50);
    assert_eq!(facts["broken"], Value::Null);
    let opened = facts["opened"].as_u64().unwrap();
    let unknown = facts["outcomes"]["outcome-unknown"].as_u64().unwrap_or(0);
    let moves = u64::try_from(door.moves()).unwrap();
    assert!(opened <= moves && moves <= opened + unknown, "{facts}, and the bolt moved {moves} times");
    let sabotage = facts["sabotage"].as_object().unwrap();
    assert_eq!(sabotage.len(), 5, "{facts}");
    assert!(sabotage.values().all(|count| count.as_u64().unwrap() > 0), "{facts}");
}

#[test]
fn a_bench_measures_each_phase_of_as_many_unlocks_as_were_asked_for() {
    let door = TestDoor::start(10);
    let harness = Harness::with_claimed(&door);
    for arguments in
        [&["bench", "--unlocks", "3", "--bytes", "4KiB"][..], &["bench", "--unlocks", "2", "--full"]]
    {
        let facts = harness.facts(&door, arguments);
        for phase in ["scan", "connect", "discover", "subscribe", "hello", "answer", "total"] {
            assert_eq!(facts["phases"][phase]["count"], facts["unlocks"], "{phase}: {facts}");
        }
        assert!(facts["transfer"]["goodput_bytes_per_second"].as_f64().unwrap() > 0.0);
    }
    let path = harness.path("report.html");
    let told = harness.facts(&door, &["report", "--output", path.to_str().unwrap()]);
    assert_eq!(told["measurements"], 2);
    let page = std::fs::read_to_string(path).unwrap();
    assert!(page.contains("<svg") && page.contains("fast path") && page.contains("full path"));
    assert!(page.contains("transfer, goodput_bytes_per_second"));
}

#[test]
fn the_engine_conforms_to_every_case_of_the_probe() {
    let door = TestDoor::start(11);
    let harness = Harness::with_claimed(&door);
    let run = harness.run(&door, &["probe", "--secret", &harness::label()]);
    let failed: Vec<_> = run.facts.iter().filter(|fact| fact["passed"] == false).collect();
    assert!(run.worked && failed.is_empty(), "{failed:#?} {}", run.errors);
    let told = run.facts.last().unwrap();
    assert_eq!((&told["failed"], &told["not_possible"]), (&0.into(), &1.into()));
    assert!(told["passed"].as_u64().unwrap() >= 45, "{told}");
    assert_eq!(door.moves(), 3, "what is refused opens nothing");
}
