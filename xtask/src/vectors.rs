//! The test vectors in `tests/vectors` are exactly what the code produces.
//!
//! The program `vectors` writes its files into a folder that it is given. Checking compares them with the committed ones;
//! blessing replaces those. Vectors are never blessed to make a red test green. Other files of the folder come from
//! elsewhere (Noise's own vectors, a second implementation) and are checked by tests alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::failure::Failure;
use crate::program::Program;
use crate::workspace;

const FOLDER: &str = "tests/vectors";

pub(crate) fn check() -> Result<(), Failure> {
    let fresh = workspace::target().join("vectors");
    workspace::empty_folder(&fresh)?;
    produce(&fresh)?;
    let fresh_files = json_files(&fresh)?;
    let differences = differences(&json_files(&workspace::path(FOLDER))?, &fresh_files);
    if fresh_files.is_empty() {
        return Err(Failure::new(
            "the program `vectors` wrote no file",
            "repair it: an empty check checks nothing",
        ));
    }
    if differences.is_empty() {
        println!("{FOLDER}: {} files are what the code produces", fresh_files.len());
        return Ok(());
    }
    Err(Failure::new(
        format!("{FOLDER} is not what the code produces: {}", differences.join(", ")),
        "find out why bytes changed; if they were meant to, cargo xtask vectors --bless and review the difference",
    ))
}

pub(crate) fn bless() -> Result<(), Failure> {
    produce(&workspace::path(FOLDER))?;
    Program::new("git").arguments(["--no-pager", "diff", "--stat", "--", FOLDER]).run()?;
    println!("review the difference: a second implementation reads these files");
    Ok(())
}

fn produce(folder: &Path) -> Result<(), Failure> {
    Program::cargo("run")
        .arguments(["--quiet", "--locked", "--package", "thumbturn-tests", "--bin", "vectors", "--"])
        .argument(folder)
        .run()
}

fn json_files(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let entries = fs::read_dir(folder).map_err(|error| Failure::file(folder, &error))?;
    let mut files = BTreeMap::new();
    for entry in entries {
        let path = entry.map_err(|error| Failure::file(folder, &error))?.path();
        if path.extension().is_some_and(|extension| extension == "json") {
            let content = fs::read(&path).map_err(|error| Failure::file(&path, &error))?;
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.insert(name, content);
        }
    }
    Ok(files)
}

fn differences(committed: &BTreeMap<String, Vec<u8>>, fresh: &BTreeMap<String, Vec<u8>>) -> Vec<String> {
    let mut differences = Vec::new();
    for (name, content) in fresh {
        match committed.get(name) {
            None => differences.push(format!("{name} is missing")),
            Some(committed) if committed != content => differences.push(format!("{name} differs")),
            Some(_) => {}
        }
    }
    differences
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(content: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
        content.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
    }

    #[test]
    fn equal_folders_have_no_difference() {
        let folder = files(&[("hello.json", "1"), ("fast.json", "2")]);
        assert!(differences(&folder, &folder).is_empty());
    }

    #[test]
    fn a_changed_and_a_missing_file_are_named_and_one_from_elsewhere_is_left_alone() {
        let committed = files(&[("hello.json", "1"), ("noise.json", "2")]);
        let fresh = files(&[("hello.json", "3"), ("new.json", "4")]);
        assert_eq!(differences(&committed, &fresh), ["hello.json differs", "new.json is missing"]);
    }
}
