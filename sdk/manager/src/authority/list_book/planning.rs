//! Which update a door gets next: a delta or a snapshot, and under which version.

use std::collections::BTreeSet;

use thumbturn_protocol::error::Error;
use thumbturn_protocol::ids::ListVersion;
use thumbturn_protocol::limits::UPDATE_CHUNK;
use thumbturn_protocol::random::SecureRandom;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::update::body::{Body, Delta};
use thumbturn_protocol::update::digest::{ListDigest, ListKey};
use thumbturn_protocol::update::row::{Change, ROW, Row, RowKey};

use super::{Left, ListBook, Origin};
use crate::authority::error::AuthorityError;
use crate::authority::numbering::next_number;
use crate::authority::parcel::PlannedUpdate;

/// Rows that fit where the longest head is: a snapshot with so many more rows than a delta is never the smaller one.
const HEAD_ROWS: usize = UPDATE_CHUNK / ROW;

impl ListBook {
    /// The update that brings the door from what it is known to have to what it is to have, `None` when these are the same.
    ///
    /// From a known list it is the smaller one of delta and snapshot, else a snapshot. What left already and has not arrived is made
    /// again under its own version, from wherever the door is now.
    ///
    /// Seal it once and hand the same parcel to every phone, until a change or a receipt makes another one necessary: what one
    /// phone has begun, only the same parcel goes on with.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Protocol`] for a list that no door would take, [`AuthorityError::NumbersUsedUp`], [`AuthorityError::Random`].
    /// The book stays as it is then.
    pub fn plan(
        &mut self,
        now: UnixSeconds,
        random: &mut dyn SecureRandom,
    ) -> Result<Option<PlannedUpdate>, AuthorityError> {
        if !self.has_changes() {
            if self.confirmed == Some(self.version) && !self.snapshot_wanted {
                return Ok(None);
            }
            if let Some(again) = self.again()? {
                return Ok(Some(again));
            }
        }
        let delta = self.base().map(|from| self.try_delta(from, now)).transpose()?.flatten();
        let Some(delta) = delta else { return self.snapshot(now, random).map(Some) };
        if self.rows.len() <= self.touched_after(delta.from).count() + HEAD_ROWS {
            let snapshot = self.draft_snapshot(now, random)?;
            if snapshot.body.size() < delta.body.size() {
                return Ok(Some(self.leave(snapshot)));
            }
        }
        Ok(Some(self.leave(delta)))
    }

    /// The whole list under a new list key and a new version.
    ///
    /// # Errors
    ///
    /// As [`ListBook::plan`].
    pub fn snapshot(
        &mut self,
        now: UnixSeconds,
        random: &mut dyn SecureRandom,
    ) -> Result<PlannedUpdate, AuthorityError> {
        let draft = self.draft_snapshot(now, random)?;
        Ok(self.leave(draft))
    }

    /// Every key that was touched after `from`, with its final state, under a new version; also when nothing was. For a door whose
    /// list is known to be at `from` or later, under the list key of the newest version: [`ListBook::plan`] sees to that.
    ///
    /// # Errors
    ///
    /// As [`ListBook::plan`], with [`AuthorityError::Protocol`] also for more than a delta holds; [`AuthorityError::Forgotten`].
    pub fn delta(&mut self, from: ListVersion, now: UnixSeconds) -> Result<PlannedUpdate, AuthorityError> {
        let draft = self.draft_delta(from, now)?;
        Ok(self.leave(draft))
    }

    /// The newest version once more, for a door that has not got it.
    fn again(&self) -> Result<Option<PlannedUpdate>, AuthorityError> {
        let Some(left) = self.left.get(&self.version).filter(|_| self.confirmed != Some(self.version)) else {
            return Ok(None);
        };
        let body = match (left.origin, self.base()) {
            (Origin::Snapshot, _) => Body::snapshot(&self.key, &self.settings, &self.all_rows())?.0,
            (Origin::Delta, Some(from)) => self.delta_body(from)?.0,
            (Origin::Delta, None) | (Origin::Claim, _) => return Ok(None),
        };
        Ok(Some(PlannedUpdate { to: self.version, body }))
    }

    /// From where a delta may go: the door's list is known, and has the list key of the newest version. It may have another one from
    /// the moment at which a snapshot leaves, and then only a snapshot fits in any case.
    fn base(&self) -> Option<ListVersion> {
        let from = self.confirmed.filter(|_| !self.snapshot_wanted)?;
        let known = self.left.get(&from)?;
        let mut later = self.left.range(from..).skip(1);
        let same_key = known.origin != Origin::Claim && later.all(|(_, left)| left.origin == Origin::Delta);
        same_key.then_some(from)
    }

    /// A delta, `None` where it would be too long.
    fn try_delta(&self, from: ListVersion, now: UnixSeconds) -> Result<Option<Draft>, AuthorityError> {
        match self.draft_delta(from, now) {
            Ok(draft) => Ok(Some(draft)),
            Err(AuthorityError::Protocol(Error::InvalidArgument(_))) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn draft_delta(&self, from: ListVersion, now: UnixSeconds) -> Result<Draft, AuthorityError> {
        if from < self.remembered {
            return Err(AuthorityError::Forgotten);
        }
        let (body, digest) = self.delta_body(from)?;
        Ok(Draft { to: self.next_version(now)?, from, body, digest, key: None })
    }

    fn draft_snapshot(
        &self,
        now: UnixSeconds,
        random: &mut dyn SecureRandom,
    ) -> Result<Draft, AuthorityError> {
        let (to, key) = (self.next_version(now)?, ListKey::generate(random)?);
        let (body, digest) = Body::snapshot(&key, &self.settings, &self.all_rows())?;
        Ok(Draft { to, from: ListVersion(0), body, digest, key: Some(key) })
    }

    fn delta_body(&self, from: ListVersion) -> Result<(Body, ListDigest), AuthorityError> {
        let digest = self.digest()?;
        let changes: Vec<Change> = self.touched_after(from).map(|key| self.final_state(key)).collect();
        let settings = self.settings_pending || self.settings_touched > from;
        let delta = Delta {
            list_key: &self.key,
            digest,
            rows: u32::try_from(self.rows.len()).unwrap_or(u32::MAX),
            changes: &changes,
            settings: settings.then_some(&self.settings),
        };
        Ok((Body::delta(&delta, from)?, digest))
    }

    /// Rising, each once: changes that have not left, and those that left after `from`.
    fn touched_after(&self, from: ListVersion) -> impl Iterator<Item = &RowKey> {
        let left = self.touched.iter().filter(move |(_, version)| **version > from).map(|(key, _)| key);
        left.chain(&self.pending).collect::<BTreeSet<_>>().into_iter()
    }

    fn final_state(&self, key: &RowKey) -> Change {
        self.rows.get(key).map_or_else(|| Change::Remove(key.clone()), |row| Change::Set(row.clone()))
    }

    fn all_rows(&self) -> Vec<Row> {
        self.rows().cloned().collect()
    }

    fn has_changes(&self) -> bool {
        self.settings_pending || !self.pending.is_empty()
    }

    fn next_version(&self, now: UnixSeconds) -> Result<ListVersion, AuthorityError> {
        next_number(self.version.0, now).map(ListVersion)
    }

    /// The one place where a version leaves: nothing below fails.
    fn leave(&mut self, draft: Draft) -> PlannedUpdate {
        let Draft { to, body, digest, key, .. } = draft;
        let origin = if key.is_some() { Origin::Snapshot } else { Origin::Delta };
        if let Some(key) = key {
            self.key = key;
        }
        self.version = to;
        let pending = core::mem::take(&mut self.pending);
        self.touched.extend(pending.into_iter().map(|key| (key, to)));
        if core::mem::take(&mut self.settings_pending) {
            self.settings_touched = to;
        }
        self.left.insert(to, Left { digest, origin });
        PlannedUpdate { to, body }
    }
}

/// An update that may be made, and changes nothing until it is.
struct Draft {
    to: ListVersion,
    from: ListVersion,
    body: Body,
    digest: ListDigest,
    /// The new list key of a snapshot.
    key: Option<ListKey>,
}
