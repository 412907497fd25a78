//! The emulated board: its process, its console, and what it says about itself.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{BufRead as _, BufReader, ErrorKind, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::air::Air;
use crate::time::Clock;

/// For the emulator to start, and for the board to answer.
const PATIENCE: Duration = Duration::from_secs(20);
/// Instructions for one tick: a nanosecond each, on a clock of 25 MHz.
const INSTRUCTIONS_PER_TICK: f64 = 40.0;

/// A running board. It ends with this value.
#[derive(Debug)]
pub(crate) struct Board {
    emulator: Child,
    console: BufReader<TcpStream>,
    /// Counts the boots, so that each has a seed of its own.
    boots: u8,
}

/// What the board says about itself: names and numbers.
#[derive(Clone, Debug)]
pub(crate) struct Report(BTreeMap<String, f64>);

impl Board {
    /// Starts the emulator with a program and boots the door.
    pub(crate) fn power_on(emulator: &Path, program: &Path) -> Result<(Self, Air), Box<dyn Error>> {
        let (radio, console) = (listener()?, listener()?);
        let mut child = Command::new(emulator)
            .args(["-machine", "mps2-an386", "-cpu", "cortex-m4", "-icount", "shift=0"])
            .args(["-display", "none", "-monitor", "none", "-nic", "none"])
            .args(["-semihosting-config", "enable=on,target=native"])
            .args(["-chardev", &chardev("radio", &radio)?, "-serial", "chardev:radio"])
            .args(["-chardev", &chardev("console", &console)?, "-serial", "chardev:console"])
            .arg("-kernel")
            .arg(program)
            .stdin(Stdio::null())
            .spawn()
            .map_err(|error| format!("{}: {error}", emulator.display()))?;
        let (radio, console) = (accept(&radio, &mut child)?, accept(&console, &mut child)?);
        console.set_read_timeout(Some(PATIENCE))?;
        let mut board = Self { emulator: child, console: BufReader::new(console), boots: 0 };
        let air = Air::over(radio)?;
        board.boot()?;
        Ok((board, air))
    }

    /// Cuts the door's power and boots it again. Its flash stays.
    pub(crate) async fn lose_power(&mut self, air: &Air) -> Result<(), Box<dyn Error>> {
        self.say("reset")?;
        self.hears("started")?;
        // It says nothing more until it has its seed.
        air.door_lost_power().await;
        self.give_seed()
    }

    /// Begins to count anew.
    pub(crate) fn measure(&mut self) -> Result<(), Box<dyn Error>> {
        self.say("measure")?;
        self.hears("measuring")
    }

    /// What was counted since.
    pub(crate) fn report(&mut self) -> Result<Report, Box<dyn Error>> {
        self.say("figures")?;
        Report::read(&self.line()?)
    }

    /// Ends the emulator, which must agree that all went well.
    pub(crate) fn power_off(mut self) -> Result<(), Box<dyn Error>> {
        self.say("stop")?;
        let status = self.emulator.wait()?;
        if status.success() { Ok(()) } else { Err(format!("the firmware ended with {status}").into()) }
    }

    fn boot(&mut self) -> Result<(), Box<dyn Error>> {
        self.hears("started")?;
        self.give_seed()
    }

    /// The firmware has no entropy of its own: this is for the emulator only.
    fn give_seed(&mut self) -> Result<(), Box<dyn Error>> {
        self.boots = self.boots.wrapping_add(1);
        let seed = format!("{:02x}", self.boots).repeat(32);
        self.say(&format!("seed {seed}"))?;
        self.hears("booted")
    }

    fn say(&mut self, line: &str) -> Result<(), Box<dyn Error>> {
        Ok(self.console.get_mut().write_all(format!("{line}\n").as_bytes())?)
    }

    fn hears(&mut self, expected: &str) -> Result<(), Box<dyn Error>> {
        let line = self.line()?;
        if line == expected {
            return Ok(());
        }
        Err(format!("the firmware should say `{expected}`, and says `{line}`").into())
    }

    fn line(&mut self) -> Result<String, Box<dyn Error>> {
        let mut line = String::new();
        let read = self.console.read_line(&mut line);
        read.map_err(|error| format!("the firmware is silent on its console: {error}"))?;
        Ok(line.trim_end().to_owned())
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        // Fails when it has ended by itself, which is as well.
        drop(self.emulator.kill());
        drop(self.emulator.wait());
    }
}

impl Report {
    fn read(line: &str) -> Result<Self, Box<dyn Error>> {
        let words: Vec<&str> = line.split(' ').collect();
        let ["figures", pairs @ ..] = words.as_slice() else {
            return Err(format!("the firmware should say its figures, and says `{line}`").into());
        };
        let (pairs, []) = pairs.as_chunks::<2>() else { return Err(format!("an odd line: {line}").into()) };
        let figure = |[name, value]: &[&str; 2]| Ok(((*name).to_owned(), value.parse()?));
        let figures: Result<_, std::num::ParseFloatError> = pairs.iter().map(figure).collect();
        let report = Self(figures?);
        let per_tick = report.get("calibration_instructions")? / report.get("calibration_ticks")?;
        if (per_tick / INSTRUCTIONS_PER_TICK - 1.0).abs() > 0.01 {
            return Err(format!("{per_tick} instructions in a tick: the emulator counts otherwise").into());
        }
        Ok(report)
    }

    /// A figure by its name on the console.
    pub(crate) fn get(&self, name: &str) -> Result<f64, Box<dyn Error>> {
        self.0.get(name).copied().ok_or_else(|| format!("the firmware tells no {name}").into())
    }

    /// Instructions of a count of ticks.
    pub(crate) fn instructions(&self, ticks: &str) -> Result<f64, Box<dyn Error>> {
        Ok(self.get(ticks)? * INSTRUCTIONS_PER_TICK)
    }
}

fn listener() -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn chardev(name: &str, listener: &TcpListener) -> std::io::Result<String> {
    let address = listener.local_addr()?;
    Ok(format!("socket,id={name},host={},port={},nodelay=on", address.ip(), address.port()))
}

/// The emulator's connection, as soon as it is there.
fn accept(listener: &TcpListener, emulator: &mut Child) -> Result<TcpStream, Box<dyn Error>> {
    let clock = Clock::start();
    while clock.elapsed() < PATIENCE {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false)?;
                return Ok(stream);
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
        if let Some(status) = emulator.try_wait()? {
            return Err(format!("the emulator ended at once, with {status}").into());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    drop(emulator.kill());
    Err("the emulator does not open its serial ports".into())
}
