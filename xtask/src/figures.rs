//! Figures by their names. Programs that measure leave theirs in a file of their own; `target/bench.json` is where those of the last
//! runs lie side by side.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::failure::Failure;
use crate::workspace;

/// Beside the repository's sources, whatever folder is built in.
const ALL: &str = "target/bench.json";

/// Figures; their names begin with what was measured, up to the first dot.
pub(crate) type Figures = Map<String, Value>;

/// Runs a program that leaves its figures in the file that it is given; what it measured.
pub(crate) fn left_by(
    name: &str,
    run: impl FnOnce(&Path) -> Result<(), Failure>,
) -> Result<Figures, Failure> {
    let file = own_file(name)?;
    run(&file)?;
    let text = fs::read_to_string(&file).map_err(|error| Failure::file(&file, &error))?;
    let figures: Figures = serde_json::from_str(&text).map_err(|error| Failure::unexpected(name, error))?;
    merge(figures.clone())?;
    Ok(figures)
}

/// Puts these in the place of those of an earlier run; what others measured stays as it was.
pub(crate) fn merge(figures: Figures) -> Result<(), Failure> {
    let path = workspace::path(ALL);
    let text = fs::read_to_string(&path).ok();
    let mut all: Figures = text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    replace(&mut all, figures);
    make_folder_of(&path)?;
    let text = format!("{:#}\n", Value::Object(all));
    fs::write(&path, text).map_err(|error| Failure::file(&path, &error))
}

/// A table for people.
pub(crate) fn print(figures: &Figures) {
    let width = figures.keys().map(String::len).max().unwrap_or(0);
    for (name, value) in figures {
        println!("{name:width$}  {:>12}", value.to_string());
    }
}

/// A file that is not there yet.
fn own_file(name: &str) -> Result<PathBuf, Failure> {
    let file = workspace::target().join("figures").join(name).with_extension("json");
    make_folder_of(&file)?;
    match fs::remove_file(&file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(Failure::file(&file, &error)),
        _ => Ok(file),
    }
}

fn make_folder_of(path: &Path) -> Result<(), Failure> {
    let Some(folder) = path.parent() else { return Ok(()) };
    fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))
}

fn replace(all: &mut Figures, new: Figures) {
    all.retain(|name, _| !new.keys().any(|other| subject(other) == subject(name)));
    all.extend(new);
}

fn subject(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn figures(value: Value) -> Figures {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn new_figures_take_the_place_of_those_of_the_same_subject() {
        let mut all = figures(json!({ "ble.one": 1, "ble.gone": 2, "cpu.one": 3 }));
        replace(&mut all, figures(json!({ "ble.one": 4, "ble.new": 5 })));
        assert_eq!(all, figures(json!({ "ble.one": 4, "ble.new": 5, "cpu.one": 3 })));
    }
}
