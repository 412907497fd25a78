//! A real Postgres for whoever tries the manager's office on one: started for that, and ended with it.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::Failure;
use crate::program::Program;
use crate::running::Running;
use crate::workspace;

/// All that is needed of Postgres.
const PROGRAMS: [&str; 3] = ["initdb", "pg_ctl", "postgres"];
/// Where Debian has them, in a folder for each version.
const DEBIAN: &str = "/usr/lib/postgresql";
const INSTALL: &str = "apt-get install postgresql";
/// Who runs a server where we are root, which Postgres refuses.
const SYSTEM_USER: &str = "postgres";
const DATABASE_USER: &str = "thumbturn";
/// What the server says when it answers. Without a prefix, it begins its line.
const READY: &str = "LOG:  database system is ready to accept connections";

/// A server of our own, on loopback only. It and its folder go with this value, whatever the tests did.
pub(crate) struct Server {
    _process: Running,
    cluster: Cluster,
    port: u16,
}

impl Server {
    pub(crate) fn start() -> Result<Self, Failure> {
        let cluster = Cluster::make()?;
        let port = free_port()?;
        let mut command = cluster.command("postgres");
        command.arg("-D").arg(cluster.data()).args(["-p", &port.to_string()]);
        for setting in [
            "listen_addresses=127.0.0.1",
            "unix_socket_directories=",
            "log_line_prefix=",
            // What is tried is a killed client, not a power cut.
            "fsync=off",
        ] {
            command.args(["-c", setting]);
        }
        let (process, _) = Running::until_ready(command, &cluster.log(), READY)?;
        println!("a Postgres answers at port {port}");
        Ok(Self { _process: process, cluster, port })
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://{DATABASE_USER}@127.0.0.1:{}/postgres", self.port)
    }

    pub(crate) fn show_log(&self) {
        print!("{}", fs::read_to_string(self.cluster.log()).unwrap_or_default());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut command = self.cluster.command("pg_ctl");
        command.args(["stop", "--silent", "--mode", "fast", "--pgdata"]).arg(self.cluster.data());
        // Where that does not help, `Running` kills it.
        drop(command.status());
    }
}

/// The folder of a server, and as whom it runs.
struct Cluster {
    programs: PathBuf,
    /// Not for root, who gives it to another user.
    folder: PathBuf,
    is_root: bool,
}

impl Cluster {
    fn make() -> Result<Self, Failure> {
        let programs = programs()?;
        let is_root = Program::new("id").argument("-u").text()?.trim() == "0";
        // Above the repository there may be folders that only root may enter.
        let folder = if is_root { folder_of_system_user()? } else { own_folder()? };
        let cluster = Self { programs, folder, is_root };
        let mut command = cluster.command("initdb");
        command
            .args(["--no-sync", "--no-locale", "--encoding=UTF8", "--auth=trust"])
            .args(["--username", DATABASE_USER, "--pgdata"])
            .arg(cluster.data());
        let output = command.output().map_err(|error| not_started("initdb", &error))?;
        if output.status.success() {
            return Ok(cluster);
        }
        let what = String::from_utf8_lossy(&output.stderr).into_owned();
        Err(Failure::new(format!("initdb ended with {}\n{what}", output.status), "read its output above"))
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    /// A program of Postgres, run by whoever owns the folder, and within it.
    fn command(&self, name: &str) -> Command {
        let program = self.programs.join(name);
        let mut command = if self.is_root { as_system_user(&program) } else { Command::new(program) };
        command.current_dir(&self.folder);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // In the build folder it may stay for whoever wants to look; elsewhere it is nobody's.
        if self.is_root {
            drop(fs::remove_dir_all(&self.folder));
        }
    }
}

/// The folder with the programs of Postgres: Debian's newest, or one of the search path.
fn programs() -> Result<PathBuf, Failure> {
    let installed = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let mut debian: Vec<PathBuf> = installed.map(|version| version.path().join("bin")).collect();
    debian.sort_by_key(|folder| version(folder));
    let path = std::env::var_os("PATH").unwrap_or_default();
    debian
        .into_iter()
        .rev()
        .chain(std::env::split_paths(&path))
        .find(|folder| PROGRAMS.iter().all(|program| folder.join(program).is_file()))
        .ok_or_else(|| Failure::new("Postgres is not installed", INSTALL))
}

fn version(folder: &Path) -> Option<u32> {
    folder.parent()?.file_name()?.to_str()?.parse().ok()
}

/// In the place of the program that changes the user, so that ending it ends the server.
fn as_system_user(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--reuid", SYSTEM_USER, "--regid", SYSTEM_USER, "--clear-groups"]).arg(program);
    command
}

fn own_folder() -> Result<PathBuf, Failure> {
    let folder = workspace::target().join("postgres");
    workspace::empty_folder(&folder)?;
    fs::canonicalize(&folder).map_err(|error| Failure::file(&folder, &error))
}

fn folder_of_system_user() -> Result<PathBuf, Failure> {
    let template = std::env::temp_dir().join("thumbturn-postgres.XXXXXXXX");
    let output = as_system_user(Path::new("mktemp"))
        .args(["--directory".as_ref(), template.as_os_str()])
        .output()
        .map_err(|error| not_started("setpriv", &error))?;
    if output.status.success() {
        return Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    }
    let what = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Failure::new(
        format!("no folder for the user {SYSTEM_USER}: {what}"),
        format!("{INSTALL}, which makes that user"),
    ))
}

fn not_started(name: &str, error: &std::io::Error) -> Failure {
    Failure::new(format!("{name} could not be started: {error}"), "run it by hand to see why")
}

/// A port that nobody listens at now.
fn free_port() -> Result<u16, Failure> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr());
    listener
        .map(|address| address.port())
        .map_err(|error| Failure::new(format!("no free port: {error}"), "check the loopback interface"))
}
