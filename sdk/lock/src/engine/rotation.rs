//! New keys of the property, announced by the portfolio's root (spec §11.4).

use thumbturn_protocol::rotation::KeyRotation;
use thumbturn_protocol::signed::Received;
use thumbturn_protocol::time::Millis;

use super::Engine;
use crate::clock::DoorClock;
use crate::platform::Platform;
use crate::work::Work;
use thumbturn_protocol::event::Event;

impl<P: Platform> Engine<P> {
    /// Takes a rotation that the root signed, to a later generation: one append.
    pub(super) fn take_rotation(&mut self, now: Millis, rotation: &Received<KeyRotation>) {
        let Some(identity) = self.identity.as_ref() else { return };
        self.work.add(Work::VERIFY);
        let Ok(rotation) = rotation.verify(&identity.configuration.root_key) else { return };
        let Some(change) = identity.rotated(&rotation) else { return };
        let Some(bytes) = identity.to_bytes_with(&change) else { return };
        // A thief of a void key may have signed any instant: the root sets the floor, also back. It goes first: a power cut between
        // the two leaves a floor that the root has signed.
        let sets_floor = rotation.previous_until.is_none();
        if sets_floor && self.storage.set_floor(rotation.floor).is_err() {
            return;
        }
        // What does not get into flash has not happened; the next phone brings it again.
        if self.storage.commit_identity(&bytes).is_err() {
            return;
        }
        if let Some(identity) = &mut self.identity {
            identity.apply(change);
        }
        self.drop_updates();
        self.receipt_is_due();
        self.housekeeping.note(Event::RotationTaken { generation: rotation.generation });
        if sets_floor {
            self.clock = DoorClock::boot(rotation.floor, None, now);
        } else {
            self.trust(now, rotation.floor);
        }
    }
}
