//! Texts that no file of the repository holds: registry hosts and paths of one machine.

use crate::failure::Failure;
use crate::workspace;

/// In two halves each, so that this file does not hold them either.
const TEXTS: &[(&str, &str)] = &[
    ("static.crates", ".io"),
    ("index.crates", ".io"),
    ("://crates", ".io"),
    ("py", "pi.org"),
    ("pythonhos", "ted.org"),
    ("registry.npm", "js.org"),
    ("deb.deb", "ian.org"),
    ("security.deb", "ian.org"),
    ("proxy.go", "lang.org"),
    ("/wo", "rk/"),
    ("/ro", "ot/"),
    ("/ho", "me/"),
    ("/tm", "p/"),
    ("C:", "\\Users\\"),
];

pub(crate) fn check() -> Result<(), Failure> {
    let texts: Vec<String> = TEXTS.iter().map(|(front, back)| format!("{front}{back}")).collect();
    let files = workspace::tracked_files()?;
    let mut found = Vec::new();
    for file in &files {
        let content = std::fs::read(workspace::path(file))
            .map_err(|error| Failure::file(&workspace::path(file), &error))?;
        found.extend(
            lines_with(&texts, &String::from_utf8_lossy(&content)).map(|line| format!("{file}:{line}")),
        );
    }
    if found.is_empty() {
        println!("{} files hold no registry host and no machine path", files.len());
        return Ok(());
    }
    Err(Failure::new(
        format!("registry host or machine path in\n  {}", found.join("\n  ")),
        "name packages, not hosts, and paths from the repository's root",
    ))
}

/// Numbers of the lines that hold one of the texts, counted from one.
fn lines_with<'a>(texts: &'a [String], content: &'a str) -> impl Iterator<Item = usize> + 'a {
    let holds = move |line: &str| texts.iter().any(|text| line.contains(text.as_str()));
    (1..).zip(content.lines()).filter(move |(_, line)| holds(line)).map(|(number, _)| number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_holds_a_forbidden_text_is_named() {
        let texts = ["secret-host".to_owned()];
        let lines: Vec<usize> = lines_with(&texts, "one\ntwo secret-host three\nfour\nsecret-host").collect();
        assert_eq!(lines, [2, 4]);
    }
}
