//! A second implementation of the phone, written in Python from the specification alone, opens the door of `examples/door` over
//! the virtual radio, and sends it all that the specification says to refuse (`tests/interop`). Over the air it runs in the guest of
//! `cargo xtask ble`.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::failure::Failure;
use crate::program::Program;
use crate::running::Running;
use crate::{python, workspace};

const CLIENT: &str = "tests/interop/client.py";
pub(crate) const REQUIREMENTS: &str = "tests/interop/requirements.txt";
const DOOR: &str = "thumbturn-door";
const SECRET: &str = "00112233445566778899aabbccddeeff";
/// What phones ask for, the smallest, and the largest: frames are cut differently at each.
const ATT_MTUS: [&str; 3] = ["247", "23", "517"];
/// What the phone does at a door fresh from the factory, in this order.
const OPENS: [&[&str]; 2] = [&["claim", SECRET], &["open"]];
/// The same, with everything that the door has to refuse before and after.
const PROBES: [&[&str]; 4] = [&["probe", "--secret", SECRET], OPENS[0], OPENS[1], &["probe"]];

/// At each ATT MTU; the door's refusals at the first.
pub(crate) fn run() -> Result<(), Failure> {
    let python = python::environment("interop-environment", REQUIREMENTS)?;
    Program::cargo("build").arguments(["--quiet", "--locked", "--package", DOOR]).run()?;
    ATT_MTUS.iter().enumerate().try_for_each(|(number, mtu)| {
        let commands: &[&[&str]] = if number == 0 { &PROBES } else { &OPENS };
        at_a_fresh_door(&python, mtu, commands)
    })
}

fn at_a_fresh_door(python: &Path, mtu: &str, commands: &[&[&str]]) -> Result<(), Failure> {
    println!("\n--- ATT MTU {mtu}");
    let folder = workspace::target().join("interop");
    workspace::empty_folder(&folder)?;
    let log = folder.join("door.log");
    let mut door = Command::new(workspace::target().join("debug").join(DOOR));
    door.args(["--virtual", "127.0.0.1:0", "--label", SECRET, "--flash"]).arg(folder.join("door.flash"));
    let (_door, address) = Running::until_ready(door, &log, "listening at ")?;
    for command in commands {
        python::program(python)
            .arguments([CLIENT, "--virtual", &address, "--mtu", mtu, "--state"])
            .argument(folder.join("phone.json"))
            .arguments(*command)
            .run()
            .inspect_err(|_| print!("{}", fs::read_to_string(&log).unwrap_or_default()))?;
    }
    Ok(())
}
