//! `docs/features.md`: each feature of the domain with the tests that show it, by the numbers in the tests' own comments.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::failure::Failure;
use crate::workspace;

const DOCUMENT: &str = "docs/features.md";
/// Where tests of features are.
const TESTS: [&str; 3] = ["sdk/manager/tests/office", "examples/office/tests/office", "tests/tests"];

/// Writes the column of tests.
pub(crate) fn write() -> Result<(), Failure> {
    let path = workspace::path(DOCUMENT);
    let document = filled(&workspace::read(DOCUMENT)?, &tests()?);
    fs::write(&path, &document).map_err(|error| Failure::file(&path, &error))?;
    println!("{}", summary(&document));
    Ok(())
}

/// Fails when the document does not say what the tests say.
pub(crate) fn check() -> Result<(), Failure> {
    let document = workspace::read(DOCUMENT)?;
    if document != filled(&document, &tests()?) {
        let what = format!("{DOCUMENT} is not what the comments of the tests say");
        return Err(Failure::new(what, "cargo xtask features, then look at the difference"));
    }
    println!("{}", summary(&document));
    Ok(())
}

/// Names of tests by feature.
type Shown = BTreeMap<u16, BTreeSet<String>>;

fn tests() -> Result<Shown, Failure> {
    let mut shown = Shown::new();
    for folder in TESTS {
        let folder = workspace::path(folder);
        let entries = fs::read_dir(&folder).map_err(|error| Failure::file(&folder, &error))?;
        for entry in entries {
            let path = entry.map_err(|error| Failure::file(&folder, &error))?.path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))?;
                read(&stem(&path), &text, &mut shown)?;
            }
        }
    }
    Ok(shown)
}

fn stem(path: &Path) -> String {
    path.file_stem().unwrap_or_default().to_string_lossy().into_owned()
}

/// Tests of one file: a comment with numbers, `#[test]`, a name.
fn read(file: &str, text: &str, shown: &mut Shown) -> Result<(), Failure> {
    let (mut comment, mut is_test, mut is_ignored) = (String::new(), false, false);
    for line in text.lines().map(str::trim) {
        if let Some(words) = line.strip_prefix("///") {
            comment.push_str(words);
        } else if line.starts_with("#[test]") {
            is_test = true;
        } else if line.starts_with("#[ignore") {
            is_ignored = true;
        } else if !line.starts_with("#[") {
            if let (true, Some(name)) =
                (is_test, line.strip_prefix("fn ").and_then(|rest| rest.split('(').next()))
            {
                let features = features(&comment);
                if is_ignored && !features.is_empty() {
                    let what = format!("{file}::{name} shows a feature and is ignored");
                    return Err(Failure::new(what, "mend the test, or take the numbers out of its comment"));
                }
                for feature in features {
                    shown.entry(feature).or_default().insert(format!("`{file}::{name}`"));
                }
            }
            (is_test, is_ignored) = (false, false);
            comment.clear();
        }
    }
    Ok(())
}

/// The numbers of a comment: `F-045`, and all of `F-051 to F-054`.
fn features(comment: &str) -> BTreeSet<u16> {
    let mut found = BTreeSet::new();
    let mut words = comment.split_whitespace().peekable();
    while let Some(word) = words.next() {
        let Some(first) = number(word) else { continue };
        // What follows a comma or a colon is no range.
        let is_open = word.len() == "F-000".len();
        let mut last = first;
        if is_open && words.next_if_eq(&"to").is_some() {
            last = words.next().and_then(number).unwrap_or(first);
        }
        found.extend(first..=last);
    }
    found
}

fn number(word: &str) -> Option<u16> {
    word.strip_prefix("F-")?.get(..3)?.parse().ok()
}

/// The document with its column of tests.
fn filled(document: &str, shown: &Shown) -> String {
    let line = |line: &str| -> String {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let row = match cells.as_slice() {
            ["", feature, title, _, ""] => number(feature).map(|number| (number, *feature, *title)),
            _ => None,
        };
        row.map_or_else(
            || line.to_owned(),
            |(number, feature, title)| {
                let tests: Vec<&str> = shown.get(&number).into_iter().flatten().map(String::as_str).collect();
                let tests = tests.join(", ");
                if tests.is_empty() {
                    format!("| {feature} | {title} | |")
                } else {
                    format!("| {feature} | {title} | {tests} |")
                }
            },
        )
    };
    document.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

fn summary(document: &str) -> String {
    let rows = document.lines().filter(|line| line.starts_with("| F-"));
    let (mut all, mut shown) = (0, 0);
    for row in rows {
        all += 1;
        shown += usize::from(row.contains('`'));
    }
    format!("{shown} of {all} features are shown by tests")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ranges_are_read() {
        assert_eq!(features(" F-045, F-047 to F-049: a later start."), BTreeSet::from([45, 47, 48, 49]));
        assert_eq!(features(" R-046: whoever."), BTreeSet::new());
    }

    #[test]
    fn a_test_is_named_by_the_numbers_of_its_comment() {
        let mut shown = Shown::new();
        let text = "/// F-045: one.\n#[test]\nfn one() {}\n\nfn two() {}\n/// F-046.\nfn helper() {}\n";
        read("people", text, &mut shown).unwrap();
        assert_eq!(shown, Shown::from([(45, BTreeSet::from(["`people::one`".to_owned()]))]));
        assert!(read("people", &text.replace("#[test]", "#[test]\n#[ignore]"), &mut shown).is_err());
    }

    #[test]
    fn the_column_of_tests_is_written_anew() {
        let shown = Shown::from([(45, BTreeSet::from(["`people::one`".to_owned()]))]);
        let before = "# Title\n\n| | feature | tests |\n|---|---|---|\n| F-045 | a start | `gone` |\n| F-046 | a mail | `gone` |\n";
        let after = "# Title\n\n| | feature | tests |\n|---|---|---|\n| F-045 | a start | `people::one` |\n| F-046 | a mail | |\n";
        assert_eq!(filled(before, &shown), after);
        assert_eq!(summary(after), "1 of 2 features are shown by tests");
    }
}
