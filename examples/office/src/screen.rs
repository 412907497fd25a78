//! What the person, or the program that called, gets to see.

use core::time::Duration;
use std::io::{self, BufRead as _, IsTerminal as _, Write as _};

use indicatif::{ProgressBar, ProgressDrawTarget};
use serde_json::{Value, json};

use crate::failure::Failure;

/// Standard output: sentences for people, or one JSON object a line for programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Screen {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl Screen {
    /// A result: the sentence, or the facts.
    pub(crate) fn tell(self, sentence: &str, facts: &Value) {
        match self {
            Self::Text => line(sentence),
            Self::Json => line(&facts.to_string()),
        }
    }

    /// Why it did not work: for people on the standard error, for programs as one more object.
    pub(crate) fn fail(self, failure: &Failure) {
        self.report(failure);
        let _ = writeln!(io::stderr(), "error [{}]: {failure}", failure.reason);
    }

    /// The object alone.
    pub(crate) fn report(self, failure: &Failure) {
        if self == Self::Json {
            let facts = json!({ "failure": failure.reason, "what": failure.what, "next": failure.next });
            line(&facts.to_string());
        }
    }

    /// Asks for a yes to what was just told. A program says it with `--yes`.
    pub(crate) fn confirm(self, yes: bool) -> Result<(), Failure> {
        if yes {
            return Ok(());
        }
        let mut answer = String::new();
        if self == Self::Text {
            let _ = write!(io::stderr(), "Go on? [yes/no] ");
            let _ = io::stdin().lock().read_line(&mut answer);
        }
        if matches!(answer.trim(), "y" | "yes") {
            return Ok(());
        }
        Err(Failure::new("not-confirmed", "nothing was changed", "answer yes, or say --yes"))
    }

    /// A bar of so many steps, where somebody sees it.
    pub(crate) fn bar(self, steps: u64, what: &'static str) -> ProgressBar {
        let bar = ProgressBar::new(steps).with_message(what);
        if !(self == Self::Text && io::stderr().is_terminal()) {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        bar
    }

    /// A sign of life for work that takes long, where somebody sees it.
    pub(crate) fn spinner(self, what: &str) -> ProgressBar {
        let spinner = ProgressBar::new_spinner().with_message(what.to_owned());
        let visible = self == Self::Text && io::stderr().is_terminal();
        if !visible {
            spinner.set_draw_target(ProgressDrawTarget::hidden());
        }
        spinner.enable_steady_tick(Duration::from_millis(120));
        spinner
    }
}

/// A reader that has gone (`thumbturn audit show | head`) is no failure of the command.
fn line(text: &str) {
    let mut output = io::stdout().lock();
    let _ = writeln!(output, "{text}");
    let _ = output.flush();
}
