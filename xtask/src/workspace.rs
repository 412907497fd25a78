//! Where things are, and what cargo knows of the packages.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::failure::Failure;
use crate::program::Program;

/// The manifests of the workspace and of those beside it, which have reasons of their own to stand apart.
pub(crate) const MANIFESTS: [&str; 6] = [
    "Cargo.toml",
    "examples/door-firmware/Cargo.toml",
    "tests/bench/Cargo.toml",
    "tests/card-oracle/Cargo.toml",
    "tests/fuzz/Cargo.toml",
    "tests/no-std-guard/Cargo.toml",
];

/// The repository's root folder.
pub(crate) fn root() -> &'static Path {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own)
}

/// A path inside the repository.
pub(crate) fn path(inside: &str) -> PathBuf {
    root().join(inside)
}

/// The folder that builds go to.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| path("target"), PathBuf::from)
}

/// Names of all packages of the workspace.
pub(crate) fn packages() -> Result<Vec<String>, Failure> {
    let metadata = metadata("Cargo.toml", &["--no-deps"])?;
    let packages = list(&metadata, "packages");
    Ok(packages.filter_map(|package| text(package, "name")).map(str::to_owned).collect())
}

/// `cargo metadata` of one manifest.
pub(crate) fn metadata(manifest: &str, options: &[&str]) -> Result<Value, Failure> {
    let json = Program::cargo("metadata")
        .arguments(["--format-version", "1", "--manifest-path", manifest])
        .arguments(options)
        .text()?;
    serde_json::from_str(&json).map_err(|error| Failure::unexpected("cargo metadata", error))
}

/// Every file that git tracks or would track, as paths inside the repository.
pub(crate) fn tracked_files() -> Result<Vec<String>, Failure> {
    let files = Program::new("git")
        .arguments(["ls-files", "--cached", "--others", "--exclude-standard", "-z"])
        .text()?;
    let present = files.split('\0').filter(|file| !file.is_empty() && path(file).is_file());
    Ok(present.map(str::to_owned).collect())
}

/// Reads a file of the repository.
pub(crate) fn read(inside: &str) -> Result<String, Failure> {
    let path = path(inside);
    fs::read_to_string(&path).map_err(|error| Failure::file(&path, &error))
}

/// Empties a folder, making it if needed.
pub(crate) fn empty_folder(folder: &Path) -> Result<(), Failure> {
    if folder.is_dir() {
        fs::remove_dir_all(folder).map_err(|error| Failure::file(folder, &error))?;
    }
    fs::create_dir_all(folder).map_err(|error| Failure::file(folder, &error))
}

/// The elements of an array inside a JSON object; none if it has no such array.
pub(crate) fn list<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value.get(name).and_then(Value::as_array).into_iter().flatten()
}

/// A string inside a JSON object.
pub(crate) fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}
