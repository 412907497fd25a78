//! One writer at a time: two real processes and one vault directory.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use thumbturn_phone::vault::directory::DirectoryStorage;
use thumbturn_phone::vault::storage::{StorageError, VaultRecord, VaultStorage};

/// Set in the second process: the directory that it holds.
const HELD: &str = "THUMBTURN_TEST_VAULT_DIRECTORY";

fn directory(name: &str) -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&directory);
    directory
}

/// Runs in both processes: the first one starts itself again as the second.
#[test]
fn second_process_is_refused_until_the_first_is_gone() {
    match std::env::var_os(HELD) {
        Some(held) => hold(Path::new(&held)),
        None => compete(&directory("vault-of-two-processes")),
    }
}

/// The second process: takes the vault, says so, and holds it until it is killed.
fn hold(directory: &Path) {
    let mut storage = DirectoryStorage::open(directory).unwrap();
    storage.replace(VaultRecord::Wallet, b"written by the second process").unwrap();
    let mut output = std::io::stderr();
    output.write_all(b"HELD\n").unwrap();
    output.flush().unwrap();
    // Ends with the pipe's other end, should the first process die.
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
}

fn compete(directory: &Path) {
    let mut second = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "vault_lock::second_process_is_refused_until_the_first_is_gone", "--nocapture"])
        .env(HELD, directory)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = Vec::new();
    let mut errors = second.stderr.take().unwrap();
    while !String::from_utf8_lossy(&said).contains("HELD") {
        let mut byte = [0];
        assert_eq!(errors.read(&mut byte).unwrap(), 1, "the second process ended early");
        said.push(byte[0]);
    }
    assert_eq!(DirectoryStorage::open(directory).err(), Some(StorageError::InUse));
    // Killed, not asked: the lock goes with the process.
    second.kill().unwrap();
    second.wait().unwrap();
    let storage = DirectoryStorage::open(directory).unwrap();
    let record = storage.read(VaultRecord::Wallet).unwrap();
    assert_eq!(record.as_deref(), Some(b"written by the second process".as_slice()));
}

#[test]
fn second_opening_in_one_process_is_refused_too() {
    let directory = directory("vault-of-one-process");
    let first = DirectoryStorage::open(&directory).unwrap();
    assert_eq!(DirectoryStorage::open(&directory).err(), Some(StorageError::InUse));
    drop(first);
    assert!(DirectoryStorage::open(&directory).is_ok());
}

#[test]
fn record_is_the_old_one_or_the_new_one_whatever_a_crash_left_beside_it() {
    let directory = directory("vault-after-a-crash");
    let mut storage = DirectoryStorage::open(&directory).unwrap();
    assert_eq!(storage.read(VaultRecord::Tickets), Ok(None));
    storage.replace(VaultRecord::Tickets, b"old").unwrap();
    // A crash while the next version was being written.
    fs::write(directory.join("tickets.new"), b"half of the n").unwrap();
    drop(storage);
    let mut storage = DirectoryStorage::open(&directory).unwrap();
    assert_eq!(storage.read(VaultRecord::Tickets).unwrap().unwrap(), b"old");
    storage.replace(VaultRecord::Tickets, b"new").unwrap();
    assert_eq!(storage.read(VaultRecord::Tickets).unwrap().unwrap(), b"new");
    assert!(!directory.join("tickets.new").exists());
    assert_eq!(storage.read(VaultRecord::Wallet), Ok(None));
}

#[test]
fn failed_write_leaves_the_old_record() {
    let directory = directory("vault-without-room");
    let mut storage = DirectoryStorage::open(&directory).unwrap();
    storage.replace(VaultRecord::Tickets, b"old").unwrap();
    // The draft cannot be made: a directory is in its place.
    fs::create_dir(directory.join("tickets.new")).unwrap();
    assert!(matches!(storage.replace(VaultRecord::Tickets, b"new"), Err(StorageError::Failed { .. })));
    assert_eq!(storage.read(VaultRecord::Tickets).unwrap().unwrap(), b"old");
}
