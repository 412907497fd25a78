//! The emulated machine: prepared once below the build folder, started for each story.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::console::Console;
use crate::failure::Failure;
use crate::program;
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
            python::of_the_machine()?.arguments([SCRIPT, "prepare"]).argument(&folder).run().map_err(
                |_| {
                    Failure::new(
                        "the guest of the Bluetooth tests could not be prepared",
                        "it is made from Debian's packages: `apt-get update`, then run this again",
                    )
                },
            )?;
            python::program(&python)
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
        let told =
            console.watch(self.emulator(&archive, &sockets), &work.join("emulator.log"), story.limit)?;
        let failure = match told.iter().find_map(|line| line.strip_prefix("guest: result ")) {
            Some("0") => return Ok(told),
            Some(_) => Failure::new(
                "the story over the real Bluetooth stack failed",
                "read the console above: each step says what it did",
            ),
            None => Failure::new(
                "the guest ended without a result",
                "read the console above; `cargo xtask ble` starts it again",
            ),
        };
        console.show_kept(&told);
        Err(failure)
    }

    fn pack(&self, work: &Path, story: &str, programs: &[PathBuf]) -> Result<PathBuf, Failure> {
        let archive = work.join("archive.cpio");
        let pairs = programs.iter().map(|program| {
            let name = program.file_name().unwrap_or_default().to_string_lossy();
            format!("{}:/bin/{name}", program.display())
        });
        let folders = FOLDERS.map(|folder| format!("{}:/{folder}", workspace::path(folder).display()));
        python::of_the_machine()?
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

fn not_debian(needed: &str) -> Failure {
    Failure::new(
        format!("{needed} is not installed: the Bluetooth tests run a guest made from Debian's packages"),
        "run them on Debian 12 or newer, for amd64",
    )
}
