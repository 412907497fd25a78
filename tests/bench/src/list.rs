//! The list of a door at its full size: how many rows fit, how long a lookup and a delta of one row take at the worst.
//!
//! The store alone, on the emulated chip: without sessions, signatures and digests.

use thumbturn_lock::storage::list::{
    Admission, Checked, ListError, ListStore, Parcel, ParcelKind, RowCheck, SnapshotHead,
};
use thumbturn_lock::storage::{Maintenance, StorageError, layout};
use thumbturn_protocol::ids::{Generation, ListVersion};
use thumbturn_protocol::update::edition::Edition;
use thumbturn_simulator::nor::NorFlash;

use crate::figures::Figures;
use crate::ram;

/// As many as a list may have (spec §10.1).
const ROWS: u32 = 20_000;
/// Deltas of one row after two whole snapshots, without a pause: more than one merge long.
const UPDATES: u32 = 1_200;
/// Bytes of the settings.
const SETTINGS: usize = 3_900;
const CHUNK: usize = 4_032;
const ROW: usize = 64;
/// Bytes before the rows: length of the head, settings.
const HEAD: usize = (2 + SETTINGS).next_multiple_of(ROW);

struct Door {
    flash: NorFlash,
    store: ListStore,
    longest_call: u64,
}

/// Takes every row: what a digest costs is measured elsewhere.
struct AnyRow;

impl RowCheck for AnyRow {
    fn row(&mut self, _: &[u8; ROW]) -> bool {
        true
    }

    fn is_complete(&mut self) -> bool {
        true
    }
}

/// Measures and notes.
pub fn measure(figures: &mut Figures) {
    let memory = ram::begin();
    let mut flash = NorFlash::with_capacity(layout::END, 5);
    let chip = ram::live_since(memory);
    let store = ListStore::open(&mut flash).expect("the chip works");
    let mut door = Door { flash, store, longest_call: 0 };
    for version in [1, 2] {
        door.take_snapshot(version);
    }
    let mut apply = 0;
    let mut lookup = 0;
    for version in 3..3 + UPDATES {
        let before = door.flash.usage();
        door.take_delta(version, version * 7_919 % ROWS);
        door.call(|store, flash| store.maintain(flash)).expect("maintenance goes on");
        apply = apply.max(door.flash.usage().since(&before).micros());
        if version % 50 == 0 {
            lookup = lookup.max(door.longest_lookup(version));
        }
    }
    // The overlay as full as it gets: deltas of 50 rows, and no maintenance.
    let mut version = 10_000;
    while door.fill_overlay(version).is_ok() {
        version += 1;
    }
    lookup = (0..20).fold(lookup, |longest, from| longest.max(door.longest_lookup(from)));
    figures.note("door.rows_in_4mib", f64::from(door.rows_found()));
    figures.note("door.lookup_ms_20000_rows", lookup as f64 / 1e3);
    figures.note("door.list_apply_one_row_ms_worst", apply as f64 / 1e3);
    figures.note("door.list_call_ms_worst", door.longest_call as f64 / 1e3);
    figures.note("door.list_ram_bytes", (size_of::<ListStore>() + ram::peak_since(memory) - chip) as f64);
}

impl Door {
    fn call<T>(
        &mut self,
        action: impl FnOnce(&mut ListStore, &mut NorFlash) -> Result<T, ListError>,
    ) -> Result<T, ListError> {
        let before = self.flash.usage();
        let result = action(&mut self.store, &mut self.flash);
        self.longest_call = self.longest_call.max(self.flash.usage().since(&before).micros());
        result
    }

    /// The call, after maintenance until there is room.
    fn when_there_is_room<T>(
        &mut self,
        mut action: impl FnMut(&mut ListStore, &mut NorFlash) -> Result<T, ListError>,
    ) -> T {
        loop {
            match self.call(&mut action) {
                Err(ListError::Storage(StorageError::NoRoom)) => {
                    self.call(|store, flash| store.maintain(flash)).expect("maintenance goes on");
                }
                result => return result.expect("the change is taken"),
            }
        }
    }

    /// Stages and applies a whole list, a chunk at a time as a courier brings it, then maintains until nothing is due.
    fn take_snapshot(&mut self, version: u32) {
        let size = (HEAD + ROW * ROWS as usize).next_multiple_of(256);
        let parcel = Parcel {
            kind: ParcelKind::Snapshot,
            update: update_id(1, version),
            to: edition(version),
            size: size as u32,
        };
        self.when_there_is_room(|store, flash| {
            store.begin_parcel(flash, parcel, &[7; 182], Admission::Needed)
        });
        for index in 0..parcel.chunks() {
            let mut chunk = snapshot_chunk(version, index, parcel.chunk_length(index));
            self.when_there_is_room(|store, flash| {
                store.store_chunk(flash, ParcelKind::Snapshot, parcel.update, index, &mut chunk)
            });
        }
        let head = SnapshotHead {
            list_key: [1; 16],
            digest: [2; 32],
            rows: ROWS,
            settings_at: 2,
            settings_length: SETTINGS as u16,
        };
        self.call(|store, flash| store.begin_snapshot(flash, head)).expect("all of it is there");
        let good = loop {
            let checked = self.call(|store, flash| store.check_snapshot(flash, &mut AnyRow));
            if let Checked::Good(good) = checked.expect("the rows are sorted") {
                break good;
            }
        };
        self.when_there_is_room(|store, flash| store.commit_snapshot(flash, &good));
        while self.call(|store, flash| store.maintain(flash)).expect("maintenance goes on")
            == Maintenance::More
        {}
    }

    /// Stages a delta of one row, opens its chunk and applies it.
    fn take_delta(&mut self, version: u32, number: u32) {
        let update = update_id(0, version);
        let parcel = Parcel { kind: ParcelKind::Delta, update, to: edition(version), size: 256 };
        let day = Admission::Daily(version / 300);
        self.when_there_is_room(|store, flash| store.begin_parcel(flash, parcel, &[7; 182], day));
        self.when_there_is_room(|store, flash| {
            store.store_chunk(flash, ParcelKind::Delta, update, 0, &mut [9; 272])
        });
        self.call(|store, flash| store.read_chunk(flash, ParcelKind::Delta, 0)).expect("it is there");
        let row = row(number, version);
        self.call(|store, flash| store.find(flash, &key(number))).expect("the list is whole");
        self.when_there_is_room(|store, flash| store.begin_delta(flash, 1, None));
        self.call(|store, flash| store.append_delta(flash, &[row])).expect("the row is good");
        self.call(|store, flash| store.commit_delta(flash, edition(version), [2; 32], ROWS))
            .expect("the version rises");
    }

    /// Commits a delta of 50 rows without maintenance, if there is room.
    fn fill_overlay(&mut self, version: u32) -> Result<(), ListError> {
        let mut rows: Vec<[u8; ROW]> =
            (0..50).map(|index| row((version * 50 + index) % ROWS, version)).collect();
        rows.sort_unstable();
        self.call(|store, flash| store.begin_delta(flash, 50, None))?;
        self.call(|store, flash| store.append_delta(flash, &rows))?;
        self.call(|store, flash| store.commit_delta(flash, edition(version), [2; 32], ROWS))
    }

    /// Microseconds of the longest lookup among some keys that are there and some that are not.
    fn longest_lookup(&mut self, from: u32) -> u64 {
        (from % 31..ROWS + 500).step_by(31).fold(0, |longest, number| {
            let before = self.flash.usage();
            let found = self.store.find(&mut self.flash, &key(number)).expect("the list is whole");
            assert_eq!(found.is_some(), number < ROWS);
            longest.max(self.flash.usage().since(&before).micros())
        })
    }

    fn rows_found(&mut self) -> u32 {
        let mut found = 0;
        for number in 0..ROWS {
            found += u32::from(matches!(self.store.find(&mut self.flash, &key(number)), Ok(Some(_))));
        }
        found
    }
}

fn snapshot_chunk(version: u32, index: usize, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    if index == 0 {
        bytes[..2].copy_from_slice(&(SETTINGS as u16).to_be_bytes());
    }
    for (unit, place) in bytes.as_chunks_mut::<ROW>().0.iter_mut().enumerate() {
        let unit = index * CHUNK / ROW + unit;
        if let Some(number) = unit.checked_sub(HEAD / ROW)
            && number < ROWS as usize
        {
            *place = row(number as u32, version);
        }
    }
    bytes
}

const fn edition(version: u32) -> Edition {
    Edition { generation: Generation(1), version: ListVersion(version) }
}

fn update_id(kind: u8, version: u32) -> [u8; 8] {
    let [a, b, c, d] = version.to_be_bytes();
    [kind, kind, kind, kind, a, b, c, d]
}

/// A card whose token is spread over all tokens; higher numbers have higher keys.
fn key(number: u32) -> [u8; 17] {
    let mut key = [0; 17];
    key[0] = 1;
    key[1..5].copy_from_slice(&(number * 200_000).to_be_bytes());
    key
}

fn row(number: u32, value: u32) -> [u8; ROW] {
    let mut row = [0; ROW];
    row[..17].copy_from_slice(&key(number));
    row[18..22].copy_from_slice(&value.to_be_bytes());
    row
}
