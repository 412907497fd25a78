//! The manager core's books of one door, made from what happened to them.

use thumbturn_manager::authority::door_log::DoorLog;
use thumbturn_manager::authority::list_book::ListBook;
use thumbturn_manager::authority::parcel::{Address, PlannedUpdate};
use thumbturn_manager::authority::receipt_book::{NewReceipt, ReceiptBook};
use thumbturn_protocol::event::{LoggedEvent, Sequence};
use thumbturn_protocol::ids::{EventNumber, ListVersion};
use thumbturn_protocol::keys::DoorPublicKeys;
use thumbturn_protocol::log::{Acknowledgement, SealedBatch};
use thumbturn_protocol::receipt::{Receipt, SealedReceipt};
use thumbturn_protocol::signed::Signed;
use thumbturn_protocol::statement::Origin;
use thumbturn_protocol::update::parcel::Parcel;
use thumbturn_protocol::update::row::{ROW, Row};

use super::door::{DoorFile, Entry};
use super::hexadecimal::Hexadecimal;
use super::property::Property;
use super::rows;
use crate::clock::time_of_day;
use crate::entropy::{SeededStream, SystemRandom};
use crate::failure::Failure;

/// How long an update may be applied: 90 days.
const APPLY_SECONDS: u64 = 90 * 86_400;

/// The books of one door.
pub(crate) struct Books<'a> {
    property: &'a Property,
    door: DoorFile,
    keys: DoorPublicKeys,
    list: ListBook,
    receipts: ReceiptBook,
    log: DoorLog,
    last_receipt: Option<Receipt>,
}

/// What an entry made.
enum Made {
    Nothing,
    Update(PlannedUpdate),
}

impl<'a> Books<'a> {
    /// Makes the books from the door's file.
    pub(crate) fn open(property: &'a Property, door: DoorFile) -> Result<Self, Failure> {
        let keys = door.public_keys()?;
        let (id, configuration) = (door.configuration.door, &door.configuration);
        let mut random = SeededStream::new(door.seed, 0);
        let list = ListBook::claimed(configuration, &mut random)?;
        let (receipts, log) = (ReceiptBook::new(id, keys), DoorLog::new(id, keys));
        let mut books = Self { property, door, keys, list, receipts, log, last_receipt: None };
        let entries = books.door.entries.clone();
        for (number, entry) in (1..).zip(&entries) {
            books.apply(number, entry)?;
        }
        Ok(books)
    }

    /// The door.
    pub(crate) const fn door(&self) -> &DoorFile {
        &self.door
    }

    /// The wanted list.
    pub(crate) const fn list(&self) -> &ListBook {
        &self.list
    }

    /// The newest receipt.
    pub(crate) const fn last_receipt(&self) -> Option<&Receipt> {
        self.last_receipt.as_ref()
    }

    /// Puts a row into the list, to leave with the next update.
    pub(crate) fn set(&mut self, row: &Row) -> Result<(), Failure> {
        self.record(Entry::Set { row: Hexadecimal(row.to_bytes().to_vec()) }).map(|_| ())
    }

    /// Puts so many rows of nobody's cards into the list, or changes them.
    pub(crate) fn fill(&mut self, rows: u32) -> Result<(), Failure> {
        self.record(Entry::Filled { rows }).map(|_| ())
    }

    /// The parcel that the door needs; `None`: it has everything. `whole`: the whole list in any case.
    pub(crate) fn parcel(&mut self, whole: bool) -> Result<Option<Parcel>, Failure> {
        let now = time_of_day();
        let Made::Update(planned) = self.record(Entry::Planned { at: now, whole })? else { return Ok(None) };
        let door = self.door.configuration.door;
        let address = Address { door, keys: &self.keys, apply_until: now.plus(APPLY_SECONDS) };
        Ok(Some(planned.seal(&address, self.property.keys(), now, &mut SystemRandom)?))
    }

    /// How the door names itself in what it signs.
    pub(crate) fn origin(&self) -> Origin {
        self.property.keys().origin(self.door.configuration.door, &self.keys)
    }

    /// Takes a receipt that a phone brought from the door. One that is not newer than the last changes nothing.
    pub(crate) fn take_receipt(&mut self, sealed: &SealedReceipt) -> Result<(), Failure> {
        if sealed.peek_unverified()?.number <= self.receipts.last() {
            return Ok(());
        }
        let entry = Entry::Receipt { sealed: Hexadecimal(sealed.as_bytes().to_vec()), at: time_of_day() };
        self.record(entry).map(|_| ())
    }

    /// The version of its list that the door has said it has, if that is this list.
    pub(crate) const fn confirmed(&self) -> Option<ListVersion> {
        self.list.confirmed()
    }

    /// Takes events that a phone brought from the door.
    pub(crate) fn take_batch(&mut self, sealed: &SealedBatch) -> Result<(), Failure> {
        self.record(Entry::Batch { sealed: Hexadecimal(sealed.as_bytes().to_vec()) }).map(|_| ())
    }

    /// The word that frees events at the door.
    pub(crate) fn acknowledge(&self) -> Result<Option<Signed<Acknowledgement>>, Failure> {
        Ok(self.log.acknowledge(self.property.keys())?)
    }

    /// The events that are here; `None`: not one that this version knows.
    pub(crate) fn events(&self) -> impl Iterator<Item = (EventNumber, Option<LoggedEvent>)> {
        let events = self.log.events();
        events.map(|(number, event)| (number, LoggedEvent::from_bytes(Sequence(number.0), event)))
    }

    /// The last event up to which every one is here or known to be gone.
    pub(crate) fn complete(&self) -> EventNumber {
        self.log.complete().0
    }

    /// How many events the door overwrote before they came here.
    pub(crate) fn lost(&self) -> u64 {
        self.log.lost()
    }

    /// Writes all that was recorded.
    pub(crate) fn save(&self) -> Result<(), Failure> {
        self.door.save()
    }

    /// Does it, and remembers it if it could be done.
    fn record(&mut self, entry: Entry) -> Result<Made, Failure> {
        let number = u64::try_from(self.door.entries.len()).unwrap_or(u64::MAX).saturating_add(1);
        let made = self.apply(number, &entry)?;
        self.door.entries.push(entry);
        Ok(made)
    }

    fn apply(&mut self, number: u64, entry: &Entry) -> Result<Made, Failure> {
        let mut random = SeededStream::new(self.door.seed, number);
        match entry {
            Entry::Set { row } => {
                let bytes: &[u8; ROW] = row.0.as_slice().try_into().map_err(|_| not_a_row())?;
                self.list.set(Row::parse(bytes)?);
            }
            Entry::Filled { rows } => {
                rows::filling(*rows, &mut random)?.into_iter().for_each(|row| self.list.set(row));
            }
            Entry::Planned { at, whole: false } => {
                let planned = self.list.plan(*at, &mut random)?;
                return Ok(planned.map_or(Made::Nothing, Made::Update));
            }
            Entry::Planned { at, whole: true } => {
                return Ok(Made::Update(self.list.snapshot(*at, &mut random)?));
            }
            Entry::Receipt { sealed, at } => {
                let sealed = SealedReceipt::from_bytes(&sealed.0)?;
                let receipt: NewReceipt = self.receipts.take(&sealed, self.property.keys())?;
                self.log.learn(&receipt)?;
                self.list.learn(&receipt, *at);
                self.last_receipt = Some(*receipt);
            }
            Entry::Batch { sealed } => {
                self.log.take(&SealedBatch::from_bytes(&sealed.0)?, self.property.keys())?;
            }
        }
        Ok(Made::Nothing)
    }
}

fn not_a_row() -> Failure {
    Failure::new(
        "state-malformed",
        "a row of the door's file is none",
        "reset the door and commission it again",
    )
}

#[cfg(test)]
mod tests {
    use thumbturn_protocol::claim::DoorKind;
    use thumbturn_protocol::keys::{ExchangeKeyPair, SigningKeyPair};

    use super::*;

    /// A folder of its own, removed at the end.
    struct Folder(std::path::PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let path = std::env::temp_dir().join(format!("thumbturn-harness-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&path).unwrap();
            Self(path)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn books_that_are_read_again_are_the_books_that_were_written() {
        let folder = Folder::new("books");
        let property = Property::open(&folder.0.join("property.json")).unwrap();
        let configuration = property.configure(DoorKind::Residence, 5, time_of_day()).unwrap();
        let path = folder.0.join("door.json");
        let mut door = DoorFile::new(&path, "door", configuration).unwrap();
        door.keys = Some(DoorPublicKeys {
            session_key: ExchangeKeyPair::generate(&mut SystemRandom).unwrap().public(),
            sealing_key: ExchangeKeyPair::generate(&mut SystemRandom).unwrap().public(),
            receipt_key: SigningKeyPair::generate(&mut SystemRandom).unwrap().public(),
        });
        let mut books = Books::open(&property, door).unwrap();
        books.fill(20).unwrap();
        assert!(books.parcel(false).unwrap().is_some());
        books.fill(3).unwrap();
        books.save().unwrap();

        let again = Property::open(&folder.0.join("property.json")).unwrap();
        assert_eq!(again.trust_anchor(), property.trust_anchor());
        let read = Books::open(&again, DoorFile::read(&path).unwrap()).unwrap();
        assert_eq!(read.list().digest().unwrap(), books.list().digest().unwrap());
        assert_eq!(read.list().version(), books.list().version());
        assert_eq!(read.list().rows().len(), 20);
    }
}
