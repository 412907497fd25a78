//! The driver over the real door engine and simulated air: stories, policy, cancel, drops. And the vault on a real disk.

#![expect(clippy::std_instead_of_alloc, clippy::std_instead_of_core, reason = "tests always have std")]

#[cfg(test)]
mod building;
#[cfg(test)]
mod cancel;
#[cfg(test)]
mod claim;
#[cfg(test)]
mod delivery;
#[cfg(test)]
mod handover;
#[cfg(test)]
mod hanging;
#[cfg(test)]
mod host_drop;
#[cfg(test)]
mod nearby;
#[cfg(test)]
mod passing;
#[cfg(test)]
mod policy;
#[cfg(test)]
mod preempting;
#[cfg(test)]
mod unlock;
#[cfg(test)]
mod vault_lock;
