//! What the repository depends on: one generation of each cryptographic crate, licences that fit, no git sources, nothing that a new
//! machine lacks, and a line in `docs/dependencies.md` for every direct dependency.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::failure::Failure;
use crate::workspace::{self, list, text};

const DOCUMENT: &str = "docs/dependencies.md";

/// Two versions of one of these in the tree would be two implementations to trust, and types that do not fit together.
const ONE_GENERATION: &[&str] = &[
    "aead",
    "aes",
    "aes-gcm",
    "cipher",
    "cmac",
    "crypto-common",
    "ctr",
    "curve25519-dalek",
    "dbl",
    "digest",
    "ed25519",
    "ed25519-dalek",
    "ghash",
    "hkdf",
    "hmac",
    "hpke",
    "polyval",
    "rand_core",
    "sha1",
    "sha2",
    "signature",
    "snow",
    "subtle",
    "universal-hash",
    "x25519-dalek",
    "zeroize",
];

/// A package needs one of these in each part of its licence expression. `deny.toml` holds the same list.
const LICENCES: &[&str] =
    &["Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT", "MPL-2.0", "Unicode-3.0", "Zlib"];

/// Packages that look for a library or a tool of the system, and the feature with which they bring their own: two commands have to do
/// on a machine with Rust and a C compiler.
const SELF_CONTAINED: &[(&str, &str)] = &[("libdbus-sys", "vendored"), ("libsqlite3-sys", "bundled")];
/// What a build script looks for such things with.
const SEARCHERS: &[&str] = &["bindgen", "cmake", "pkg-config", "system-deps", "vcpkg"];

pub(crate) fn check() -> Result<(), Failure> {
    let metadata = workspace::metadata("Cargo.toml", &["--locked", "--all-features"])?;
    let packages: Vec<Package<'_>> = list(&metadata, "packages").filter_map(Package::read).collect();
    one_generation(&packages)?;
    licences(&packages)?;
    sources(&packages)?;
    needs_no_system_package(&metadata)?;
    documented(&direct_dependencies()?, &workspace::read(DOCUMENT)?)?;
    println!(
        "{} packages: one generation of each crypto crate, licences fit, no git source, no system package, all documented",
        packages.len()
    );
    Ok(())
}

struct Package<'a> {
    name: &'a str,
    version: &'a str,
    licence: &'a str,
    source: Option<&'a str>,
}

impl<'a> Package<'a> {
    fn read(value: &'a Value) -> Option<Self> {
        Some(Self {
            name: text(value, "name")?,
            version: text(value, "version")?,
            licence: text(value, "license").unwrap_or("none"),
            source: text(value, "source"),
        })
    }
}

fn one_generation(packages: &[Package<'_>]) -> Result<(), Failure> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in packages.iter().filter(|package| ONE_GENERATION.contains(&package.name)) {
        versions.entry(package.name).or_default().insert(package.version);
    }
    let several: Vec<String> = versions
        .iter()
        .filter(|(_, versions)| versions.len() > 1)
        .map(|(name, versions)| {
            format!("{name} {}", versions.iter().copied().collect::<Vec<_>>().join(" and "))
        })
        .collect();
    if several.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        format!("more than one generation in the tree: {}", several.join(", ")),
        "cargo tree --workspace --duplicates --edges normal shows who asks for the older one",
    ))
}

fn licences(packages: &[Package<'_>]) -> Result<(), Failure> {
    let unfit = packages.iter().filter(|package| !is_fit(package.licence));
    let unfit: Vec<String> = unfit.map(|package| format!("{} ({})", package.name, package.licence)).collect();
    if unfit.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        format!("licences that are not on the list: {}", unfit.join(", ")),
        "read the licence; if the product may be shipped with it, add it here and in deny.toml",
    ))
}

/// Whether each part of an SPDX expression offers a licence of the list.
fn is_fit(expression: &str) -> bool {
    expression.split(" AND ").all(|part| {
        let alternatives = part.trim_matches(['(', ')']).replace('/', " OR ");
        alternatives.split(" OR ").any(|licence| LICENCES.contains(&licence.trim()))
    })
}

fn sources(packages: &[Package<'_>]) -> Result<(), Failure> {
    let foreign = packages
        .iter()
        .filter(|package| package.source.is_some_and(|source| !source.starts_with("registry+")));
    let foreign: Vec<&str> = foreign.map(|package| package.name).collect();
    if foreign.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        format!("not from the registry: {}", foreign.join(", ")),
        "depend on a published version",
    ))
}

fn needs_no_system_package(metadata: &Value) -> Result<(), Failure> {
    let searches = |package: &Value| {
        list(package, "dependencies")
            .any(|needed| text(needed, "name").is_some_and(|name| SEARCHERS.contains(&name)))
    };
    let nodes = metadata.get("resolve").map(|resolve| list(resolve, "nodes"));
    let nodes: Vec<&Value> = nodes.into_iter().flatten().collect();
    for package in list(metadata, "packages").filter(|package| searches(package)) {
        let name = text(package, "name").unwrap_or_default();
        let node = nodes.iter().find(|node| text(node, "id") == text(package, "id"));
        let features: Vec<&str> =
            node.into_iter().flat_map(|node| list(node, "features")).filter_map(Value::as_str).collect();
        let known = SELF_CONTAINED.iter().find(|(known, _)| *known == name);
        if known.is_none_or(|(_, feature)| !features.contains(feature)) {
            return Err(Failure::new(
                format!("{name} looks for a library of the system, which a new machine does not have"),
                "take the feature with which it brings its own, or another crate",
            ));
        }
    }
    Ok(())
}

/// Names of everything that a manifest of this repository asks the registry for.
fn direct_dependencies() -> Result<BTreeSet<String>, Failure> {
    let mut names = BTreeSet::new();
    for manifest in workspace::MANIFESTS {
        let metadata = workspace::metadata(manifest, &["--no-deps"])?;
        for package in list(&metadata, "packages") {
            let registry =
                list(package, "dependencies").filter(|dependency| text(dependency, "source").is_some());
            names.extend(registry.filter_map(|dependency| text(dependency, "name")).map(str::to_owned));
        }
    }
    Ok(names)
}

fn documented(names: &BTreeSet<String>, document: &str) -> Result<(), Failure> {
    let rows: BTreeSet<String> = document.lines().filter_map(row_name).map(str::to_owned).collect();
    let missing: Vec<&str> = names.difference(&rows).map(String::as_str).collect();
    let stale: Vec<&str> = rows.difference(names).map(String::as_str).collect();
    if missing.is_empty() && stale.is_empty() {
        return Ok(());
    }
    Err(Failure::new(
        format!("{DOCUMENT} lacks [{}] and names without need [{}]", missing.join(", "), stale.join(", ")),
        "one row for each direct dependency: what for, licence, who keeps it",
    ))
}

/// The name in a table row of the form ``| `name` | …``.
fn row_name(line: &str) -> Option<&str> {
    line.strip_prefix("| `")?.split_once('`').map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &'static str, version: &'static str) -> Package<'static> {
        Package { name, version, licence: "MIT", source: None }
    }

    #[test]
    fn a_second_generation_of_a_crypto_crate_is_named() {
        let packages = [
            package("sha2", "0.10.9"),
            package("sha2", "0.11.0"),
            package("syn", "2.0.0"),
            package("syn", "3.0.0"),
        ];
        let failure = format!("{:?}", one_generation(&packages).unwrap_err());
        assert!(failure.contains("sha2 0.10.9 and 0.11.0"), "{failure}");
        assert!(!failure.contains("syn"), "{failure}");
    }

    #[test]
    fn a_licence_expression_fits_when_each_part_offers_a_listed_licence() {
        for expression in
            ["MIT", "MIT/Apache-2.0", "MIT OR LGPL-2.1-or-later", "(MIT OR Apache-2.0) AND Unicode-3.0"]
        {
            assert!(is_fit(expression), "{expression}");
        }
        for expression in ["none", "GPL-3.0-only", "MIT AND AGPL-3.0-only"] {
            assert!(!is_fit(expression), "{expression}");
        }
    }

    #[test]
    fn a_git_source_is_refused() {
        let mut packages = [package("snow", "0.10.0")];
        packages[0].source = Some("git+somewhere");
        assert!(sources(&packages).is_err());
        packages[0].source = Some("registry+index");
        assert!(sources(&packages).is_ok());
    }

    #[test]
    fn undocumented_and_stale_rows_are_both_named() {
        let names = BTreeSet::from(["clap".to_owned(), "snow".to_owned()]);
        let failure = documented(&names, "| `snow` | Noise |\n| `gone` | nothing |").unwrap_err();
        let failure = format!("{failure:?}");
        assert!(failure.contains("lacks [clap]") && failure.contains("without need [gone]"), "{failure}");
    }
}
