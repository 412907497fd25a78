//! A program that runs beside a task and ends with it.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::failure::Failure;

/// How long a program may take to start on a busy machine.
const START: Duration = Duration::from_secs(30);

/// A process that ends with its owner.
pub(crate) struct Running(pub(crate) Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Running {
    /// Starts `command`, its output in `log`, and waits for a line that begins with `ready`; gives what follows that on the line.
    pub(crate) fn until_ready(
        mut command: Command,
        log: &Path,
        ready: &str,
    ) -> Result<(Self, String), Failure> {
        let name = command.get_program().to_string_lossy().into_owned();
        let output = fs::File::create(log).map_err(|error| Failure::file(log, &error))?;
        let errors = output.try_clone().map_err(|error| Failure::file(log, &error))?;
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let started = command.spawn();
        let mut running = Self(
            started.map_err(|error| Failure::new(format!("{name}: {error}"), "run it by hand to see why"))?,
        );
        let begun = Instant::now();
        loop {
            let text = fs::read_to_string(log).unwrap_or_default();
            // A line counts when it is whole.
            let whole = text.rsplit_once('\n').map_or("", |(lines, _)| lines);
            if let Some(rest) = whole.lines().find_map(|line| line.strip_prefix(ready)) {
                return Ok((running, rest.trim().to_owned()));
            }
            let has_ended = running.0.try_wait().is_ok_and(|status| status.is_some());
            if has_ended || begun.elapsed() > START {
                return Err(Failure::new(format!("{name} does not start:\n{text}"), "read its output above"));
            }
            sleep(Duration::from_millis(50));
        }
    }
}
