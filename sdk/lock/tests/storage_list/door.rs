//! A door's list store with its chip, which notes how long each call takes.

use thumbturn_lock::storage::list::{
    Admission, Checked, ListError, ListStore, Parcel, ParcelKind, Scan, Scanned,
};
use thumbturn_lock::storage::{Maintenance, StorageError, layout};
use thumbturn_protocol::ids::ListVersion;
use thumbturn_simulator::nor::NorFlash;

use crate::list::{Delta, Key, List, Row, edition, key, update_id};

/// Rows that an opened chunk of a delta brings.
const PORTION: usize = 63;

pub(crate) const TODAY: Admission = Admission::Daily(7);
/// Versions that leave on one day.
const VERSIONS_A_DAY: u32 = 300;

pub(crate) struct Door {
    pub(crate) flash: NorFlash,
    pub(crate) store: ListStore,
    /// Modelled microseconds of the longest call.
    pub(crate) longest_call: u64,
}

impl Door {
    /// A door whose chip is prepared.
    pub(crate) fn new() -> Self {
        let mut door = Self::open(NorFlash::with_capacity(layout::END, 1)).unwrap();
        door.settle();
        door
    }

    pub(crate) fn with(list: &List) -> Self {
        let mut door = Self::new();
        door.take_snapshot(list).unwrap();
        door.settle();
        door
    }

    pub(crate) fn open(mut flash: NorFlash) -> Result<Self, ListError> {
        let store = ListStore::open(&mut flash)?;
        Ok(Self { flash, store, longest_call: 0 })
    }

    pub(crate) fn restart(self) -> Self {
        let mut flash = self.flash;
        flash.power_on();
        Self { longest_call: self.longest_call, ..Self::open(flash).unwrap() }
    }

    /// One call of the engine.
    pub(crate) fn call<T>(
        &mut self,
        action: impl FnOnce(&mut ListStore, &mut NorFlash) -> Result<T, ListError>,
    ) -> Result<T, ListError> {
        let before = self.flash.usage();
        let result = action(&mut self.store, &mut self.flash);
        let used = self.flash.usage().since(&before);
        assert_eq!(used.conflicts, 0, "nothing is programmed over what is programmed, but zeros");
        assert!(used.erases <= 1, "one erase a call");
        self.longest_call = self.longest_call.max(used.micros());
        result
    }

    /// The same, with maintenance before it until there is room.
    pub(crate) fn call_when_there_is_room<T>(
        &mut self,
        mut action: impl FnMut(&mut ListStore, &mut NorFlash) -> Result<T, ListError>,
    ) -> Result<T, ListError> {
        for _ in 0..5_000 {
            match self.call(&mut action) {
                Err(ListError::Storage(StorageError::NoRoom)) => self.maintain().map(drop)?,
                result => return result,
            }
        }
        panic!("there is never room");
    }

    pub(crate) fn maintain(&mut self) -> Result<Maintenance, ListError> {
        self.call(ListStore::maintain)
    }

    /// Maintains until nothing is due; returns the number of calls.
    pub(crate) fn settle(&mut self) -> usize {
        let mut calls = 1;
        while self.maintain().unwrap() == Maintenance::More {
            calls += 1;
            assert!(calls < 10_000, "maintenance must come to an end");
        }
        calls
    }

    pub(crate) fn begin(&mut self, parcel: Parcel) -> Result<usize, ListError> {
        let today = Admission::Daily(parcel.to.version.0 / VERSIONS_A_DAY);
        let begun = self.call_when_there_is_room(|store, flash| {
            store.begin_parcel(flash, parcel, b"the header", today)
        })?;
        Ok(begun.chunks)
    }

    /// Stages the chunks of the snapshot that are lacking, up to `chunks` of them in all.
    pub(crate) fn stage_snapshot(&mut self, list: &List, chunks: usize) -> Result<(), ListError> {
        let parcel = list.snapshot();
        let next = self.begin(parcel)?;
        for (index, chunk) in list.body().chunks(4032).enumerate().take(chunks).skip(next) {
            self.call_when_there_is_room(|store, flash| {
                store.store_chunk(flash, ParcelKind::Snapshot, parcel.update, index, &mut chunk.to_vec())
            })?;
        }
        Ok(())
    }

    pub(crate) fn apply_snapshot(&mut self, list: &List) -> Result<(), ListError> {
        self.call(|store, flash| store.begin_snapshot(flash, list.head()))?;
        let mut check = list.check();
        let good = loop {
            if let Checked::Good(good) = self.call(|store, flash| store.check_snapshot(flash, &mut check))? {
                break good;
            }
        };
        self.call_when_there_is_room(|store, flash| store.commit_snapshot(flash, &good))
    }

    pub(crate) fn take_snapshot(&mut self, list: &List) -> Result<(), ListError> {
        self.stage_snapshot(list, usize::MAX)?;
        self.apply_snapshot(list)
    }

    /// Stages a delta of `chunks` sealed chunks, with bytes that tell which.
    pub(crate) fn stage_delta(&mut self, to: u32, bytes: &[u8]) -> Result<(), ListError> {
        let size = bytes.len() as u32;
        let update = update_id(0, to);
        let next = self.begin(Parcel { kind: ParcelKind::Delta, update, to: edition(to), size })?;
        for (index, chunk) in bytes.chunks(4032).enumerate().skip(next) {
            let sealed = [chunk, &[0xee; 16]].concat();
            self.call_when_there_is_room(|store, flash| {
                store.store_chunk(flash, ParcelKind::Delta, update, index, &mut sealed.clone())
            })?;
        }
        Ok(())
    }

    /// Applies a delta that makes `list`.
    pub(crate) fn apply_delta(&mut self, delta: &Delta, list: &List) -> Result<(), ListError> {
        let rows = delta.sorted_rows();
        let settings = delta.settings.map(|_| list.settings.as_slice());
        self.call_when_there_is_room(|store, flash| store.begin_delta(flash, rows.len() as u16, settings))?;
        for portion in rows.chunks(PORTION) {
            self.call(|store, flash| store.append_delta(flash, portion))?;
        }
        let (to, digest, rows) = (edition(list.version), list.digest(), list.rows.len() as u32);
        self.call(|store, flash| store.commit_delta(flash, to, digest, rows))
    }

    pub(crate) fn find(&mut self, number: u32) -> Result<Option<Row>, ListError> {
        self.find_key(&key(number))
    }

    pub(crate) fn find_key(&mut self, key: &Key) -> Result<Option<Row>, ListError> {
        Ok(self.call(|store, flash| store.find(flash, key))?.map(|row| *row))
    }

    /// All rows by scanning.
    pub(crate) fn scan(&mut self) -> Vec<Row> {
        let mut scan = Scan::new([0; 17]);
        let mut rows = Vec::new();
        loop {
            match self.call(|store, flash| store.scan(flash, &mut scan)).unwrap() {
                Scanned::Row(row) => rows.push(*row),
                Scanned::More => {}
                Scanned::End => return rows,
            }
        }
    }

    /// Whether version, digest, settings and every row are those of the list.
    pub(crate) fn holds(&mut self, list: &List) -> bool {
        self.store.version() == ListVersion(list.version)
            && self.store.digest() == Some(list.digest())
            && self.store.rows() as usize == list.rows.len()
            && self.call(ListStore::settings).unwrap().unwrap().as_slice() == list.settings
            && self.scan().iter().eq(list.rows.values())
    }

    /// The same, and every row is found, and no other of these numbers.
    pub(crate) fn assert_holds(&mut self, list: &List, numbers: impl IntoIterator<Item = u32>) {
        assert_eq!(self.store.version(), ListVersion(list.version));
        assert!(self.holds(list), "scan, settings or digest differ at version {}", list.version);
        for number in numbers {
            let found = self.find(number).unwrap();
            assert_eq!(found.as_ref(), list.rows.get(&key(number)), "row {number}");
        }
    }
}
