use super::*;

const GOOD: &str = include_str!("../../building.toml");

fn mistake_after(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    Plan::parse(Path::new("building.toml"), &GOOD.replacen(from, to, 1)).unwrap_err().to_string()
}

#[test]
fn the_building_file_of_the_repository_is_good() {
    let plan = Plan::parse(Path::new("building.toml"), GOOD).unwrap();
    assert_eq!((plan.doors.len(), plan.keys.len(), plan.units.len()), (4, 5, 2));
    let cleaning = plan.keys.iter().find(|key| key.name.as_str() == "Cleaning").unwrap();
    assert_eq!(cleaning.doors, [0, 3]);
    assert_ne!(cleaning.hours, WeeklyHours::Always);
}

#[test]
fn a_building_without_doors_or_keys_is_told_what_to_write() {
    let start = "name = \"A\"\ntime_zone = \"UTC\"\nstart = \"2026-03-02 08:30\"\nseed = 1\n";
    let mistake = |text: &str| Plan::parse(Path::new("building.toml"), text).unwrap_err().to_string();
    assert!(mistake(start).starts_with("building.toml:1: no doors: write"));
    let door = format!("{start}[[door]]\nname = \"A\"\nkind = \"communal\"\n");
    assert!(mistake(&door).starts_with("building.toml:1: no Keys: write"));
}

#[test]
fn mistakes_name_their_line_and_character() {
    let cases = [
        ("Europe/Berlin", "Europe/Bärlin", "building.toml:5:13: "),
        ("2026-03-02 08:30", "2026-03-29 02:30", "building.toml:7:9: "),
        ("seed = 4", "seed = four", "building.toml:9:8: "),
        (
            "seed = 4",
            "seed = \"four\"",
            "building.toml:9:8: invalid type: string \"four\", expected a whole number",
        ),
        ("[\"1\", \"2\"]", "[\"1\", \"1\"]", "building.toml:11:15: \"1\" is there twice"),
        ("kind = \"residence\"", "kind = \"castle\"", "building.toml:20:8: \"castle\" is no kind of door"),
        ("name = \"Cellar\"", "name = \"Flat 1\"", "building.toml:27:8: \"Flat 1\" is there twice"),
        ("name = \"Cellar\"", "name = \" \"", "building.toml:27:8: a name has 1 to 120 characters"),
        ("relock_seconds = 10", "relock_seconds = 0", "building.toml:29:18: relock_seconds: write 1 to 240"),
        (
            "relock_seconds = 10",
            "relock_seconds = 300",
            "building.toml:29:18: relock_seconds: write 1 to 240",
        ),
        ("name = \"House\"", "name = \"A;B\"", "building.toml:33:8: a Key's name may not hold ';'"),
        ("\"Entrance\", \"Cellar\"", "", "building.toml:33:8: a Key without doors"),
        ("\"Entrance\", \"Cellar\"", "\"Attic\"", "building.toml:34:10: no door is called \"Attic\""),
        (
            "\"Entrance\", \"Cellar\"",
            "\"Cellar\", \"Cellar\"",
            "building.toml:34:20: \"Cellar\" is there twice",
        ),
        ("name = \"Cleaning\"", "name = \"House\"", "building.toml:45:8: \"House\" is there twice"),
        ("Mon-Fri", "Mon-Fry", "building.toml:48:10: "),
        (
            "\"Mon-Fri 09:00-12:00\", ",
            "\"Mon 09:00-09:00\", ",
            "building.toml:48:10: \"09:00-09:00\" begins and ends",
        ),
        (
            "[\"Mon-Fri 09:00-12:00\", \"Sat 10:00-13:00\"]",
            "[]",
            "building.toml:45:8: hours of \"Cleaning\": a schedule without",
        ),
    ];
    for (from, to, expected) in cases {
        let mistake = mistake_after(from, to);
        assert!(mistake.starts_with(expected), "{mistake}, and not {expected}");
    }
}
