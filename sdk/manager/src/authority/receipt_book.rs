//! Receipts: what a door says it knows, brought by whichever phone came by (spec §12.1).

use core::ops::Deref;

use thumbturn_protocol::ids::{DoorId, ReceiptNumber};
use thumbturn_protocol::keys::DoorPublicKeys;
use thumbturn_protocol::receipt::{Receipt, SealedReceipt};

use super::error::AuthorityError;
use super::generation_keys::GenerationKeys;

/// The newest receipt of one life of a door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptBook {
    door: DoorId,
    keys: DoorPublicKeys,
    last: ReceiptNumber,
}

/// A receipt that the door signed for this property, newer than all before. Only [`ReceiptBook::take`] makes one, so the other
/// books need not ask again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewReceipt(Receipt);

impl ReceiptBook {
    /// A door whose keys the authority certified, and which has sent no receipt.
    #[must_use]
    pub const fn new(door: DoorId, keys: DoorPublicKeys) -> Self {
        Self { door, keys, last: ReceiptNumber(0) }
    }

    /// The same, of which the newest receipt had this number.
    #[must_use]
    pub const fn resumed(mut self, last: ReceiptNumber) -> Self {
        self.last = last;
        self
    }

    /// Opens a receipt that some courier brought, with the keys of the generation that its open part names
    /// (`sealed.peek_unverified()?.origin.generation`). Hand what it gives to the other books of the door.
    ///
    /// # Errors
    ///
    /// [`AuthorityError::Protocol`] when the door did not sign it for this property and generation; [`AuthorityError::NotNewer`] when
    /// one with as high a number was taken. The book stays as it is then.
    pub fn take(
        &mut self,
        sealed: &SealedReceipt,
        keys: &GenerationKeys,
    ) -> Result<NewReceipt, AuthorityError> {
        let origin = keys.origin(self.door, &self.keys);
        let receipt = sealed.open(&origin, &self.keys, &keys.sealing)?;
        if receipt.header.number <= self.last {
            return Err(AuthorityError::NotNewer);
        }
        self.last = receipt.header.number;
        Ok(NewReceipt(receipt))
    }

    /// The number of the newest receipt; 0: none.
    #[must_use]
    pub const fn last(&self) -> ReceiptNumber {
        self.last
    }
}

impl Deref for NewReceipt {
    type Target = Receipt;

    fn deref(&self) -> &Receipt {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use thumbturn_protocol::bulletin::BulletinVersion;
    use thumbturn_protocol::ids::{BulletinEpoch, Generation};

    use super::*;
    use crate::authority::bulletin_book::BulletinBook;
    use crate::authority::fixture::{Counting, Door, book, minute, property};
    use crate::authority::rotation::rotate;
    use crate::authority::task::{Confirmation, Task};

    #[test]
    fn a_receipt_that_is_older_or_does_not_verify_changes_nothing() {
        let (mut door, keys) = (Door::claimed(), property());
        let [first, second, third] = core::array::from_fn(|_| door.receipt(&keys));
        let mut receipts = ReceiptBook::new(Door::id(), door.keys());
        assert!(receipts.take(&second, &keys).is_ok());
        let before = receipts.clone();
        assert_eq!(receipts.take(&first, &keys), Err(AuthorityError::NotNewer));
        assert_eq!(receipts.take(&second, &keys), Err(AuthorityError::NotNewer));
        for position in 0..third.as_bytes().len() {
            let mut bytes = third.as_bytes().to_vec();
            bytes[position] ^= 0x10;
            let changed = SealedReceipt::from_bytes(&bytes).unwrap();
            assert!(receipts.take(&changed, &keys).is_err(), "byte {position}");
        }
        assert_eq!(receipts, before);
        assert!(receipts.take(&third, &keys).is_ok());
    }

    #[test]
    fn a_receipt_of_another_generation_or_life_is_none_of_this_book() {
        let (mut door, keys) = (Door::claimed(), property());
        let receipt = door.receipt(&keys);
        let root = thumbturn_protocol::keys::SigningKeyPair::from_secret([8; 32]);
        let next = rotate(&keys, &root, None, minute(1), &mut Counting(3)).unwrap().keys;
        let mut receipts = ReceiptBook::new(Door::id(), door.keys());
        assert!(receipts.take(&receipt, &next).is_err());
        let mut other_life = door.keys();
        other_life.session_key.0 = [9; 32];
        assert!(ReceiptBook::new(Door::id(), other_life).take(&receipt, &keys).is_err());
        assert!(receipts.take(&receipt, &keys).is_ok());
    }

    #[test]
    fn a_receipt_closes_what_it_proves_and_raises_the_epoch() {
        let (mut door, keys, list) = (Door::claimed(), property(), book());
        door.bulletin = BulletinEpoch(40);
        let mut receipts = ReceiptBook::new(Door::id(), door.keys());
        let receipt = receipts.take(&door.receipt(&keys), &keys).unwrap();
        let confirmation = Confirmation::of(&receipt, &list);
        let bulletin = |generation, epoch| {
            Task::Bulletin(BulletinVersion {
                generation: Generation(generation),
                epoch: BulletinEpoch(epoch),
            })
        };
        assert!(confirmation.closes(&bulletin(1, 40)) && !confirmation.closes(&bulletin(1, 41)));
        assert!(!confirmation.closes(&bulletin(2, 1)));
        assert!(confirmation.closes(&Task::Generation(Generation(1))));
        assert!(!confirmation.closes(&Task::Generation(Generation(2))));

        let mut bulletins = BulletinBook::new(Generation(1));
        bulletins.learn(&receipt, minute(1));
        bulletins.sign(&keys, Vec::new(), minute(1)).unwrap();
        assert_eq!(bulletins.version().epoch, BulletinEpoch(41));
    }

    #[test]
    fn a_door_of_the_new_generation_without_a_bulletin_of_it_closes_none_of_the_old_one() {
        let (mut door, keys, list) = (Door::claimed(), property(), book());
        let root = thumbturn_protocol::keys::SigningKeyPair::from_secret([8; 32]);
        let next = rotate(&keys, &root, None, minute(1), &mut Counting(3)).unwrap().keys;
        let mut receipts = ReceiptBook::new(Door::id(), door.keys());
        let receipt = receipts.take(&door.receipt(&next), &next).unwrap();
        let old = BulletinVersion { generation: Generation(1), epoch: BulletinEpoch(40) };
        assert!(!Confirmation::of(&receipt, &list).closes(&Task::Bulletin(old)));
        door.bulletin = BulletinEpoch(1);
        let receipt = receipts.take(&door.receipt(&next), &next).unwrap();
        assert!(Confirmation::of(&receipt, &list).closes(&Task::Bulletin(old)));
    }
}
