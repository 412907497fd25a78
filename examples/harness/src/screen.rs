//! What the person, or the program that called, gets to see.

use core::time::Duration;
use std::io::{self, IsTerminal, Write};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::Value;

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
            let facts = serde_json::json!({
                "failure": failure.reason, "what": failure.what, "next": failure.next,
            });
            line(&facts.to_string());
        }
    }

    /// A bar for long work with a known end; drawn on a terminal, for people.
    pub(crate) fn bar(self, length: u64, what: &str) -> ProgressBar {
        let style = ProgressStyle::with_template("{msg:>24} [{bar:32}] {pos}/{len} {elapsed_precise}");
        self.drawn(ProgressBar::new(length), style, what)
    }

    /// A sign of life for work whose end is not known.
    pub(crate) fn spinner(self, what: &str) -> ProgressBar {
        let style = ProgressStyle::with_template("{spinner} {msg} {elapsed_precise}");
        let spinner = self.drawn(ProgressBar::new_spinner(), style, what);
        spinner.enable_steady_tick(Duration::from_millis(120));
        spinner
    }

    /// A bar that is drawn where somebody sees it. A template that does not parse leaves the usual one.
    fn drawn(
        self,
        bar: ProgressBar,
        style: Result<ProgressStyle, indicatif::style::TemplateError>,
        what: &str,
    ) -> ProgressBar {
        let visible = self == Self::Text && io::stderr().is_terminal();
        bar.set_draw_target(if visible {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        });
        if let Ok(style) = style {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar
    }
}

/// A reader that has gone (`harness scan | head`) is no failure of the command.
fn line(text: &str) {
    let mut output = io::stdout().lock();
    let _ = writeln!(output, "{text}");
    let _ = output.flush();
}
