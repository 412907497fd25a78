//! The programs that cargo installs, and their versions: the list is `.ci/tools`, which `.ci/run` reads, too.

const LIST: &str = include_str!("../../.ci/tools");

/// A line of the list.
pub(crate) struct Tool {
    name: &'static str,
    pub(crate) version: &'static str,
    options: &'static str,
}

impl Tool {
    pub(crate) fn named(name: &str) -> Option<Self> {
        LIST.lines().filter_map(Self::read).find(|tool| tool.name == name)
    }

    fn read(line: &'static str) -> Option<Self> {
        let (name, rest) = line.split_once(' ').filter(|(name, _)| *name != "#")?;
        let (version, options) = rest.split_once(' ').unwrap_or((rest, ""));
        Some(Self { name, version, options })
    }

    /// The command that installs it.
    pub(crate) fn installation(&self) -> String {
        let Self { name, version, options } = self;
        format!("cargo install --locked {name} --version {version} {options}").trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tool_is_installed_in_its_version_with_its_options() {
        let tool = Tool::read("prover 1.2.3 --option one").unwrap();
        assert_eq!(tool.installation(), "cargo install --locked prover --version 1.2.3 --option one");
        let tool = Tool::read("runner 4.5").unwrap();
        assert_eq!(tool.installation(), "cargo install --locked runner --version 4.5");
    }

    #[test]
    fn the_list_names_what_tasks_require() {
        for name in ["cargo-fuzz", "cargo-nextest", "verifpal"] {
            assert!(Tool::named(name).is_some(), "{name}");
        }
        assert!(Tool::named("#").is_none());
    }
}
