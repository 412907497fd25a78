use super::*;

fn rows(file: &str) -> Vec<Result<PersonRow, Vec<Issue>>> {
    PeopleFile::parse(file.as_bytes()).unwrap().rows(0).collect()
}

/// What is said of each row: its line, and column and problem of each issue.
fn problems(file: &str) -> Vec<Vec<(u32, Option<&'static str>, Problem)>> {
    let said =
        |issues: Vec<Issue>| issues.iter().map(|issue| (issue.line, issue.column, issue.problem)).collect();
    rows(file).into_iter().map(|row| said(row.map_or_else(|issues| issues, |row| row.warnings))).collect()
}

#[test]
fn the_template_is_a_file_without_people() {
    let file = PeopleFile::parse(PeopleFile::template().as_bytes()).unwrap();
    assert!(file.is_empty());
    assert_eq!(
        PeopleFile::template(),
        "first_name,last_name,email,phone,unit,keys,resident,may_share,starts,expires\r\n"
    );
}

///
#[test]
fn a_row_is_read_in_every_column() {
    let head = PeopleFile::template();
    let rows = rows(&format!(
        "{head}Ada,Moss,ADA@example.com,+49 30 1,4B,Flat 1; Gym;,Yes,1,2026-05-01,2026-05-02T00:00:00Z\nBen,Moss,ben@example.com,,,,,,,\n"
    ));
    let ada = rows[0].as_ref().ok().unwrap();
    assert_eq!(
        (ada.email.as_str(), ada.phone.as_deref(), ada.unit.as_deref()),
        ("ada@example.com", Some("+49 30 1"), Some("4B"))
    );
    assert_eq!(ada.keys, BTreeSet::from(["Flat 1".to_owned(), "Gym".to_owned()]));
    assert_eq!((ada.role, ada.may_share), (Role::Resident, true));
    assert!(matches!((ada.start, ada.end), (Some(Date::Day(_)), Some(Date::Instant(_)))));
    assert!(ada.warnings.is_empty());
    let ben = rows[1].as_ref().ok().unwrap();
    assert_eq!((ben.role, ben.may_share, ben.start, ben.end), (Role::NonResident, false, None, None));
}

/// each error with its line and column, all of a row at once.
#[test]
fn errors_name_line_and_column() {
    let head = "first_name,last_name,email,resident,may_share,starts,expires\n";
    let found = problems(&format!(
        "{head},Moss,,perhaps,no,soon,\nAda,,ada,,2,,31.12.2026\nBen,Moss,ben@example.com\n=1+1,Moss,cleo@example.com,,,,\n"
    ));
    let expected = [
        vec![
            (2, Some("email"), Problem::MissingEmail),
            (2, Some("first_name"), Problem::MissingName),
            (2, Some("resident"), Problem::BadBool),
            (2, Some("starts"), Problem::BadDate),
        ],
        vec![
            (3, Some("email"), Problem::InvalidEmail),
            (3, Some("last_name"), Problem::MissingName),
            (3, Some("may_share"), Problem::BadBool),
            (3, Some("expires"), Problem::BadDate),
        ],
        vec![(4, None, Problem::WrongColumnCount)],
        vec![(5, Some("first_name"), Problem::FormulaCell)],
    ];
    assert_eq!(found, expected);
}

/// R-239, with addresses in one form.
#[test]
fn an_address_twice_is_once_or_an_error() {
    let found = problems(
        "first_name,last_name,email,unit\nAda,Moss,ada@example.com,1\nAda, Moss ,ADA@example.com,1\nBen,Moss,ben@example.com,1\nBen,Moss,ben@example.com,2\n",
    );
    let differs = |line| vec![(line, Some("email"), Problem::DuplicateEmailInFile)];
    assert_eq!(found, [vec![], vec![(3, Some("email"), Problem::DuplicateInFile)], differs(4), differs(5)]);
}

/// how it is written does not matter, what it says does.
#[test]
fn the_content_of_a_row_is_what_it_says() {
    let content = |file: &str| rows(file)[0].as_ref().ok().unwrap().content();
    let written = content("first_name,last_name,email,keys,resident\nAda,Moss,ada@example.com,A;B,yes\n");
    assert_eq!(
        content("EMAIL,keys,Resident,last name,first name\r\n ADA@EXAMPLE.com,\"B; A\",1,Moss,Ada"),
        written
    );
    for other in [
        "first_name,last_name,email,keys,resident\nAda,Moss,ada@example.com,A;B,no\n",
        "first_name,last_name,email,keys,resident\nAda,Moss,ada@example.com,A,yes\n",
        "first_name,last_name,email,keys,resident,expires\nAda,Moss,ada@example.com,A;B,yes,2026-05-01\n",
    ] {
        assert_ne!(content(other), written);
    }
}
