//! The emulated machine: prepared once below the build folder, started for each story.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::failure::Failure;
use crate::program::{self, Program};
use crate::running::Running;
use crate::{interop, python, workspace};

const SCRIPT: &str = "tests/ble/guest.py";
const AIR: &str = "tests/ble/air.py";
const REQUIREMENTS: &str = "tests/ble/requirements.txt";
/// What the prepared guest is made from: when one of these changes, it is made anew.
const SOURCES: [&str; 4] = [SCRIPT, "tests/ble/archive.py", "tests/ble/init.sh", interop::REQUIREMENTS];
/// What the guest's Python runs, as it lies in the repository: it finds its other half from where it lies.
const FOLDERS: [&str; 2] = ["tests/interop", "tests/vectors/second"];
/// What stories read, by where they find it.
const SETTING: &str = "tests/ble/setting.sh";
/// Those of two doors and three phones.
const CONTROLLERS: usize = 5;
/// The kernel's console, and what makes an emulated machine quick.
const KERNEL: &str = "console=ttyS0 quiet panic=-1 tsc=reliable no_timer_check mitigations=off";

/// What is told in the guest.
pub(super) struct Story {
    /// A shell script of the repository.
    pub(super) script: &'static str,
    /// When it takes longer, it hangs.
    pub(super) limit: Duration,
}

/// Where the console goes.
#[derive(Clone, Copy)]
pub(super) enum Console {
    /// To ours, as it comes.
    Shown,
    /// Nowhere, unless the story fails.
    Kept,
}

/// A guest that is ready to start.
pub(super) struct Guest {
    folder: PathBuf,
    python: PathBuf,
}

impl Guest {
    /// Prepares what is missing: Debian's packages, the archive, a Python with the virtual controllers.
    pub(super) fn prepared() -> Result<Self, Failure> {
        let python = python::environment("ble-environment", REQUIREMENTS)?;
        let folder = workspace::target().join("ble-guest");
        let sources: String =
            SOURCES.iter().map(|source| workspace::read(source)).collect::<Result<_, _>>()?;
        let stamp = folder.join("sources");
        if !fs::read_to_string(&stamp).is_ok_and(|made_from| made_from == sources) {
            for needed in ["apt-get", "apt-cache", "dpkg-deb", "ldd"] {
                program::require(needed).map_err(|_| not_debian(needed))?;
            }
            Program::new("python3").argument(SCRIPT).argument("prepare").argument(&folder).run().map_err(
                |_| {
                    Failure::new(
                        "the guest of the Bluetooth tests could not be prepared",
                        "it is made from Debian's packages: `apt-get update`, then run this again",
                    )
                },
            )?;
            Program::new(&python.to_string_lossy())
                .arguments([SCRIPT, "python"])
                .argument(&folder)
                .argument(folder.join("python"))
                .argument(interop::REQUIREMENTS)
                .run()?;
            fs::write(&stamp, sources).map_err(|error| Failure::file(&stamp, &error))?;
        }
        Ok(Self { folder, python })
    }

    /// Starts it with `programs` and lets it run `story`; gives every line of its console. Guests of different lanes run side by side.
    pub(super) fn run(
        &self,
        story: &Story,
        programs: &[PathBuf],
        lane: usize,
        console: Console,
    ) -> Result<Vec<String>, Failure> {
        let work = self.folder.join(format!("lane{lane}"));
        workspace::empty_folder(&work)?;
        let archive = self.pack(&work, story.script, programs)?;
        let sockets: Vec<PathBuf> =
            (0..CONTROLLERS).map(|number| work.join(format!("controller{number}"))).collect();
        let _air = self.start_air(&work, &sockets)?;
        let told = watch(self.emulator(&archive, &sockets), &work, story.limit, console)?;
        let result = told.iter().find_map(|line| line.strip_prefix("guest: result "));
        if result != Some("0")
            && let Console::Kept = console
        {
            told.iter().for_each(|line| println!("{line}"));
        }
        match result {
            Some("0") => Ok(told),
            Some(_) => Err(Failure::new(
                "the story over the real Bluetooth stack failed",
                "read the console above: each step says what it did",
            )),
            None => Err(Failure::new(
                "the guest ended without a result",
                "read the console above; `cargo xtask ble` starts it again",
            )),
        }
    }

    fn pack(&self, work: &Path, story: &str, programs: &[PathBuf]) -> Result<PathBuf, Failure> {
        let archive = work.join("archive.cpio");
        let pairs = programs.iter().map(|program| {
            let name = program.file_name().unwrap_or_default().to_string_lossy();
            format!("{}:/bin/{name}", program.display())
        });
        let folders = FOLDERS.map(|folder| format!("{}:/{folder}", workspace::path(folder).display()));
        Program::new("python3")
            .arguments([SCRIPT, "pack"])
            .argument(&self.folder)
            .argument(&archive)
            .argument(format!("{story}:/story.sh"))
            .argument(format!("{SETTING}:/{SETTING}"))
            .argument(format!("{}:/python", self.folder.join("python").display()))
            .arguments(folders)
            .arguments(pairs)
            .run()?;
        Ok(archive)
    }

    fn start_air(&self, work: &Path, sockets: &[PathBuf]) -> Result<Running, Failure> {
        let log = work.join("air.log");
        let mut air = Command::new(&self.python);
        air.arg(workspace::path(AIR))
            .args(sockets.iter().map(|socket| format!("unix-server:{}", socket.display())));
        Ok(Running::until_ready(air, &log, "air: ready")?.0)
    }

    /// Emulates in software: nested virtual machines cannot count on anything else.
    fn emulator(&self, archive: &Path, sockets: &[PathBuf]) -> Command {
        let host = self.folder.join("host");
        let libraries = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"].map(|part| host.join(part));
        let shared = host.join("usr/share");
        let mut command = Command::new(host.join("usr/bin/qemu-system-x86_64"));
        command
            .env("LD_LIBRARY_PATH", std::env::join_paths(libraries).unwrap_or_default())
            .arg("-L")
            .arg(shared.join("qemu"))
            .arg("-L")
            .arg(shared.join("seabios"))
            .args(["-machine", "pc", "-accel", "tcg,tb-size=256", "-cpu", "max", "-smp", "1", "-m", "1536"])
            // Not `-nographic`: that sends the BIOS to the console, with sequences that clear our terminal.
            .args(["-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio"])
            .arg("-kernel")
            .arg(self.folder.join("kernel"))
            .arg("-initrd")
            .arg(archive)
            .args(["-append", KERNEL, "-device", "virtio-serial-pci,max_ports=8"]);
        for (number, socket) in sockets.iter().enumerate() {
            command
                .arg("-chardev")
                .arg(format!("socket,id=controller{number},path={}", socket.display()))
                .arg("-device")
                .arg(format!("virtconsole,chardev=controller{number}"));
        }
        command
    }
}

/// Runs the machine until it switches itself off, with its console on ours.
fn watch(
    mut command: Command,
    work: &Path,
    limit: Duration,
    console: Console,
) -> Result<Vec<String>, Failure> {
    let errors = work.join("emulator.log");
    let log = fs::File::create(&errors).map_err(|error| Failure::file(&errors, &error))?;
    let mut machine =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log).spawn().map_err(|error| {
            Failure::new(
                format!("the emulator does not start: {error}"),
                "remove the folder ble-guest of the build folder, and run this again",
            )
        })?;
    let output = machine.stdout.take();
    let (lines, told) = std::sync::mpsc::channel();
    // Ends with the machine, which closes its console.
    std::thread::spawn(move || {
        for line in output.into_iter().flat_map(|output| BufReader::new(output).split(b'\n')) {
            let Ok(line) = line else { return };
            if lines.send(String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned()).is_err() {
                return;
            }
        }
    });
    let _machine = Running(machine);
    let (begun, mut all) = (Instant::now(), Vec::new());
    while let Some(left) = limit.checked_sub(begun.elapsed()) {
        match told.recv_timeout(left) {
            Ok(line) => {
                if let Console::Shown = console
                    && !line.starts_with("capture ")
                {
                    println!("{line}");
                }
                all.push(line);
            }
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => {
                print!("{}", fs::read_to_string(&errors).unwrap_or_default());
                return Ok(all);
            }
            Err(std::sync::mpsc::RecvTimeoutError::Timeout) => break,
        }
    }
    Err(Failure::new(
        format!("the guest did not end within {} s", limit.as_secs()),
        "read the console above: the last step hangs",
    ))
}

fn not_debian(needed: &str) -> Failure {
    Failure::new(
        format!("{needed} is not installed: the Bluetooth tests run a guest made from Debian's packages"),
        "run them on Debian 12 or newer, for amd64",
    )
}
