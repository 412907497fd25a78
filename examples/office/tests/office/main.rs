//! The command line as people and programs run it.
#![expect(clippy::unwrap_used, reason = "a failed step of the set-up fails the test")]
#![expect(clippy::indexing_slicing, reason = "what is not there fails the test")]

mod guide;
mod program;

use std::fs;

use program::Program;
use serde_json::Value;

/// F-062, F-064, F-071.
#[test]
fn what_is_taken_away_is_told_and_asked_first() {
    let program = Program::with_ada();
    let (told, failure) = program.refused(&["person", "delete", "ada@example.com"]);
    assert_eq!(told[0]["follows"]["loses"], serde_json::json!(["Flat 1"]));
    assert_eq!(failure["failure"], "not-confirmed");
    assert_eq!(program.facts(&["person", "list"]).len(), 1);
    assert_eq!(program.facts(&["tasks"])[0]["task"]["name"], "Flat 1");
    let (answered, printed) = program.answering("yes\n", &["person", "delete", "ada@example.com"]);
    assert!(answered, "{printed}");
    assert!(program.facts(&["person", "list", "--expired"]).is_empty());
    assert!(program.facts(&["tasks"]).is_empty(), "the door never knew her");
}

#[test]
fn a_no_changes_nothing() {
    let program = Program::with_ada();
    let (answered, _) = program.answering("no\n", &["person", "revoke", "ada@example.com"]);
    assert!(!answered);
    assert_eq!(program.facts(&["person", "list"])[0]["keys"], serde_json::json!(["Flat 1"]));
}

#[test]
fn a_changed_key_says_which_doors_are_to_be_updated() {
    let program = Program::with_ada();
    program.facts(&["door", "add", "--name", "Gate", "--kind", "entrance"]);
    let change = ["--yes", "key", "change", "--name", "Flat 1", "--door", "Gate=06:00-22:00"];
    let told = program.facts(&change);
    let tasks: Vec<&Value> = told.iter().filter_map(|line| line.get("task")).collect();
    let names: Vec<&Value> = tasks.iter().map(|task| &task["name"]).collect();
    assert!(names.contains(&&Value::from("Gate")), "{told:?}");
    assert_eq!(program.facts(&["key", "list"])[0]["doors"].as_array().unwrap().len(), 1);
}

#[test]
fn what_somebody_may_not_do_is_refused_and_written_down() {
    let program = Program::with_ada();
    let (_, failure) = program.refused(&["--as", "ada@example.com", "door", "list"]);
    assert_eq!(failure["failure"], "unknown-name", "she manages no property");
    let add = ["--as", "pat@example.com", "door", "add", "--name", "Gate", "--kind", "entrance"];
    program.facts(&add);
    let log = program.facts(&["audit", "show"]);
    assert!(log.last().unwrap()["account"].is_string());
    assert_eq!(program.facts(&["audit", "verify"])[0]["head"].as_str().map(str::len), Some(64));
}

/// what a property is set to, with the bound that follows; a number that is none is told with its bounds.
#[test]
fn settings_are_shown_with_what_follows_from_them() {
    let program = Program::with_ada();
    let told = program.facts(&["settings"]);
    assert_eq!(told[0]["settings"]["lease"]["revoked_within_seconds"], 30 * 86_400);
    assert!(told[0]["settings"]["cards_and_codes_revoked_within_seconds"].is_null());
    let told = program.facts(&["settings", "--round", "7", "--new-york-city", "--couriers", "false"]);
    let settings = &told[0]["settings"];
    assert_eq!(settings["cards_and_codes_revoked_within_seconds"], 7 * 86_400);
    assert_eq!((&settings["retention_days"], &settings["couriers"]), (&90.into(), &false.into()));
    let (_, failure) = program.refused(&["settings", "--lease", "91"]);
    assert_eq!(failure["failure"], "invalid");
    assert!(failure["what"].as_str().unwrap().contains("1 to 90 days"), "{failure}");
}

#[test]
fn names_that_are_not_there_are_answered_with_those_that_are() {
    let program = Program::with_ada();
    let invite = ["person", "invite", "ben@example.com", "--first", "Ben", "--last", "Moss", "--key", "Gym"];
    let (_, failure) = program.refused(&invite);
    assert_eq!(
        (&failure["failure"], &failure["next"]),
        (&"unknown-name".into(), &"there are: Flat 1".into())
    );
    let (_, failure) = program.refused(&["--property", "Oak", "tasks"]);
    assert_eq!(failure["failure"], "unknown-name");
}

#[test]
fn without_the_key_of_the_host_an_old_store_stays_closed() {
    let program = Program::with_ada();
    fs::remove_file(program.folder().join("office.db.key")).unwrap();
    let (_, failure) = program.refused(&["person", "list"]);
    assert_eq!(failure["failure"], "keystore");
    let found = ["found", "--name", "Other", "--email", "ben@example.com", "--first", "B", "--last", "M"];
    let (_, failure) = program.refused(&found);
    assert_eq!(failure["failure"], "keystore", "a new key beside an old store would hide what is wrong");
}

#[test]
fn a_wrong_command_line_is_an_object_for_programs() {
    let program = Program::in_empty_folder();
    let (_, failure) = program.refused(&["door", "open"]);
    assert_eq!(failure["failure"], "command-line");
}

/// F-076 to F-090, F-103: a file of residents, of which one row is wrong; the same file again does nothing twice.
#[test]
fn residents_come_from_a_file_and_reports_go_into_one() {
    let program = Program::with_ada();
    let header = program.facts(&["import", "template", "people"])[0]["template"].as_str().unwrap().to_owned();
    let rows = "Ben,Moss,ben@example.com,,,,yes,no,,\r\n=Cleo,Moss,cleo@example.com,,,,yes,no,,\r\nDan,Moss,nobody,,,,,,,\r\n";
    let file = program.folder().join("residents.csv");
    fs::write(&file, format!("{header}\r\n{rows}")).unwrap();
    let import = ["--yes", "import", "people", "residents.csv", "--key", "Flat 1"];
    let told = program.facts(&import);
    let issues: Vec<&Value> = told.iter().filter_map(|line| line.get("issue")).collect();
    assert_eq!(
        (&issues[0]["line"], &issues[0]["severity"]),
        (&Value::from(3), &Value::from("warning")),
        "{told:?}"
    );
    assert_eq!(
        (&issues[1]["line"], &issues[1]["column"]),
        (&Value::from(4), &Value::from("email")),
        "{told:?}"
    );
    assert!(told.iter().any(|line| line["imported"] == 2), "{told:?}");
    let again = program.facts(&import);
    assert!(again.iter().any(|line| line["imported"] == 0), "{again:?}");
    assert_eq!(program.facts(&["person", "list"]).len(), 3);
    program.facts(&["report", "access", "--output", "access.csv"]);
    let report = fs::read_to_string(program.folder().join("access.csv")).unwrap();
    assert!(report.contains("ben@example.com"), "{report}");
    assert!(
        report.contains("'=Cleo") && !report.contains(",=Cleo"),
        "a spreadsheet computes nothing: {report}"
    );
}
