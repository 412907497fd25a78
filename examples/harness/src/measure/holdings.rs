//! What a process holds of the machine, where the system tells.

use serde::Serialize;

/// Open files and memory of this process at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Holdings {
    /// Open files, sockets among them.
    pub(crate) handles: usize,
    /// Memory in use, in KiB.
    pub(crate) memory_kib: u64,
}

impl Holdings {
    /// Those of now; none where the system does not tell (Linux does, in `/proc`).
    pub(crate) fn now() -> Option<Self> {
        let handles = std::fs::read_dir("/proc/self/fd").ok()?.count();
        let memory_kib = resident_kib(&std::fs::read_to_string("/proc/self/status").ok()?)?;
        Some(Self { handles, memory_kib })
    }

    /// Says so when `later` holds so much more that something is not given back.
    ///
    /// # Errors
    ///
    /// What grew, in words.
    pub(crate) fn check_later(self, later: Self) -> Result<(), String> {
        if later.handles > self.handles + MORE_HANDLES {
            return Err(format!("open files grew from {} to {}", self.handles, later.handles));
        }
        if later.memory_kib > self.memory_kib + MORE_MEMORY_KIB {
            return Err(format!("memory grew from {} to {} KiB", self.memory_kib, later.memory_kib));
        }
        Ok(())
    }
}

/// What a connection or two may hold at the one moment and not at the other.
const MORE_HANDLES: usize = 16;
/// Room for the log, which a run keeps whole, and for what the allocator keeps.
const MORE_MEMORY_KIB: u64 = 16 * 1_024;

fn resident_kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_from_what_the_system_tells() {
        assert_eq!(resident_kib("Name:\tx\nVmRSS:\t    5120 kB\nThreads:\t1\n"), Some(5_120));
        assert_eq!(resident_kib("Name:\tx\n"), None);
    }

    #[test]
    fn growth_of_either_is_told() {
        let early = Holdings { handles: 20, memory_kib: 5_000 };
        assert_eq!(early.check_later(Holdings { handles: 30, memory_kib: 9_000 }), Ok(()));
        let files = early.check_later(Holdings { handles: 40, memory_kib: 5_000 });
        assert_eq!(files.unwrap_err(), "open files grew from 20 to 40");
        let memory = early.check_later(Holdings { handles: 20, memory_kib: 50_000 });
        assert_eq!(memory.unwrap_err(), "memory grew from 5000 to 50000 KiB");
    }
}
