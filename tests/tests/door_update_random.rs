//! Random couriers, losses, power cuts, replays, rotations and hostile parcels: at every moment the door's list is, row by row, one
//! that the authority signed, and never an older one (invariants I2, I3 and I6).

use std::collections::BTreeMap;

use proptest::prelude::*;
use thumbturn_lock::storage::list::{ListStore, ROW, Scan, Scanned};
use thumbturn_protocol::bounded::Bytes;
use thumbturn_protocol::ids::{Generation, ListVersion};
use thumbturn_protocol::record::{Progress, Record};
use thumbturn_protocol::update::edition::Edition;
use thumbturn_protocol::update::parcel::Parcel;
use thumbturn_protocol::update::row::RowKey;
use thumbturn_protocol::update::settings::Settings;
use thumbturn_simulator::authority::GrantTerms;
use thumbturn_simulator::nor::Moment;
use thumbturn_tests::bench_door::BenchDoor;
use thumbturn_tests::conversation::Conversation;
use thumbturn_tests::courier::Courier;
use thumbturn_tests::list_stage::{ListStage, stranger};
use thumbturn_tests::manual_phone::ManualPhone;
use thumbturn_tests::property::at;

/// Something that happens.
#[derive(Clone, Debug)]
enum Action {
    /// The authority wants other rows, and makes a parcel of it.
    Change { first: u8, count: u8, removes: bool, relock: u8, snapshot: bool },
    /// A phone brings some parcel there ever was, and does something to it on the way.
    Bring { phone: bool, parcel: u8, mischief: Mischief, cut: Option<(u8, u8)> },
    /// The power fails and comes back.
    Reboot,
    /// Nobody comes.
    Pass { minutes: u8 },
    /// New keys of the property.
    Rotate,
}

/// What a courier does to a parcel.
#[derive(Clone, Copy, Debug)]
enum Mischief {
    None,
    /// It is gone after so many records.
    Leaves(u8),
    /// A record vanishes.
    Loses(u8),
    /// A record comes twice.
    Repeats(u8),
    /// Two records change places.
    Swaps(u8, u8),
    /// A bit of a piece flips.
    Alters(u8, u16),
    /// Chunks of another parcel under this one's header.
    Mixes(u8),
    /// A bit of the header flips.
    Forges(u16),
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let mischief = prop_oneof![
        6 => Just(Mischief::None),
        2 => (0..12_u8).prop_map(Mischief::Leaves),
        1 => (0..12_u8).prop_map(Mischief::Loses),
        1 => (0..12_u8).prop_map(Mischief::Repeats),
        1 => (0..12_u8, 0..12_u8).prop_map(|(one, other)| Mischief::Swaps(one, other)),
        2 => (0..12_u8, any::<u16>()).prop_map(|(record, bit)| Mischief::Alters(record, bit)),
        1 => any::<u8>().prop_map(Mischief::Mixes),
        1 => (0..182 * 8_u16).prop_map(Mischief::Forges),
    ];
    let change = (any::<u8>(), 0..40_u8, any::<bool>(), 1..20_u8, any::<bool>());
    // Mostly the newest parcels, as couriers carry them.
    let parcel = prop_oneof![3 => Just(0_u8), 2 => 0..4_u8, 1 => any::<u8>()];
    let bring = (any::<bool>(), parcel, mischief, proptest::option::weighted(0.3, (0..100_u8, 0..3_u8)));
    let action = prop_oneof![
        4 => change.prop_map(|(first, count, removes, relock, snapshot)| {
            Action::Change { first, count, removes, relock, snapshot }
        }),
        8 => bring.prop_map(|(phone, parcel, mischief, cut)| Action::Bring { phone, parcel, mischief, cut }),
        1 => Just(Action::Reboot),
        1 => (1..180_u8).prop_map(|minutes| Action::Pass { minutes }),
        1 => Just(Action::Rotate),
    ];
    proptest::collection::vec(action, 1..40)
}

/// A list as its rows and its relock time, which stands for all settings.
type Content = (Vec<[u8; ROW]>, u8);

struct Story {
    stage: ListStage,
    other: ManualPhone,
    /// Every list that was ever signed.
    signed: BTreeMap<(Generation, ListVersion), Content>,
    /// Newest last.
    parcels: Vec<Parcel>,
    relock: u8,
    /// The highest edition that the door had.
    reached: Edition,
}

impl Story {
    fn begin(seed: u64) -> Self {
        let mut stage = ListStage::new(seed);
        let other = stage.property.ticket_holder();
        let none = Edition { generation: Generation(0), version: ListVersion(0) };
        let mut story =
            Self { stage, other, signed: BTreeMap::new(), parcels: Vec::new(), relock: 5, reached: none };
        story.publish(true);
        story
    }

    fn act(&mut self, action: &Action) {
        match action {
            Action::Change { first, count, removes, relock, snapshot } => {
                for number in *first..first.saturating_add(*count) {
                    if *removes {
                        self.stage.list.remove(&RowKey::deny(&stranger(number)));
                    } else {
                        self.stage.deny(stranger(number));
                    }
                }
                self.relock = *relock;
                self.stage.list.change_settings(|settings| settings.relock_seconds = *relock);
                self.publish(*snapshot);
            }
            Action::Bring { phone, parcel, mischief, cut } => self.bring(*phone, *parcel, *mischief, *cut),
            Action::Reboot => self.reboot(),
            Action::Pass { minutes } => {
                self.stage.property.door.pass(u64::from(*minutes) * 60_000);
                self.stage.seconds += i64::from(*minutes) * 60;
            }
            Action::Rotate => self.rotate(),
        }
        self.check();
    }

    fn publish(&mut self, snapshot: bool) {
        let parcel = if snapshot { self.stage.snapshot() } else { self.stage.delta() };
        let rows = self.stage.list.rows().map(|row| *row.to_bytes()).collect();
        let edition = (self.stage.property.authority.generation(), self.stage.list.version());
        assert!(self.signed.insert(edition, (rows, self.relock)).is_none(), "a version is given once");
        self.parcels.push(parcel);
    }

    fn bring(&mut self, phone: bool, parcel: u8, mischief: Mischief, cut: Option<(u8, u8)>) {
        self.stage.property.door.pass(3_000);
        let newest = self.parcels.len() - 1;
        let parcel = &self.parcels[newest - usize::from(parcel).min(newest)];
        let foreign = |index: u8| &self.parcels[usize::from(index) % self.parcels.len()];
        let phone = if phone { &mut self.stage.neighbour } else { &mut self.other };
        let door = &mut self.stage.property.door;
        let mut session = Conversation::begin(phone, door);
        if let Some((operations, moment)) = cut {
            let moment = [Moment::Before, Moment::Middle, Moment::After][usize::from(moment)];
            door.flash.cut_power(u64::from(operations), moment);
        }
        let mut header = parcel.header().as_bytes().to_vec();
        if let Mischief::Forges(bit) = mischief {
            header[usize::from(bit / 8)] ^= 1 << (bit % 8);
        }
        let offer = Record::Offer(Bytes::try_from(header.as_slice()).expect("a header"));
        let said = session.say(door, &offer);
        let next = said.iter().find_map(|record| match record {
            Record::Progress { progress: Progress::Next { chunk, .. }, .. } => Some(*chunk),
            _ => None,
        });
        let mut courier = Courier::new(match mischief {
            Mischief::Mixes(index) => foreign(index),
            _ => parcel,
        });
        let chunks = courier.chunks();
        let mut records: Vec<Record> =
            (next.unwrap_or(chunks)..chunks).flat_map(|chunk| courier.records(chunk)).collect();
        mischief.spoil(&mut records);
        for record in &records {
            if door.has_ended(session.connection) || !door.flash.is_powered() {
                break;
            }
            session.say(door, record);
        }
        let is_powered = door.flash.is_powered();
        door.disconnect(session.connection);
        door.flash.power_on();
        if !is_powered {
            self.reboot();
        }
    }

    fn reboot(&mut self) {
        let door = std::mem::replace(&mut self.stage.property.door, BenchDoor::new(0));
        self.stage.property.door = door.reboot();
    }

    fn rotate(&mut self) {
        let (now, stage) = (at(self.stage.seconds), &mut self.stage);
        let rotation = stage.property.authority.rotate(None, now).expect("a rotation");
        stage.property.door.pass(3_000);
        let door = &mut stage.property.door;
        let mut session = Conversation::begin(&mut stage.neighbour, door);
        session.say(door, &Record::Rotation(rotation.into()));
        door.disconnect(session.connection);
        for phone in [&mut stage.neighbour, &mut self.other] {
            stage.property.grant_again(phone, &GrantTerms::resident(now));
        }
        self.publish(true);
    }

    /// What the flash holds, as the door will read it after the next power cut, and what the door believes.
    fn check(&mut self) {
        let mut chip = self.stage.property.door.flash.copy();
        let mut list = ListStore::open(&mut chip).expect("a chip that works");
        let edition = list.edition();
        let believed = self.stage.property.door.engine().storage_mut().list_store().edition();
        assert_eq!(edition, believed);
        assert!(edition >= self.reached, "the door was at {:?} and is at {edition:?}", self.reached);
        self.reached = edition;
        if edition.version == ListVersion(0) {
            return;
        }
        let (rows, relock) = &self.signed[&(edition.generation, edition.version)];
        let mut scan = Scan::new([0; 17]);
        let mut held = Vec::new();
        loop {
            match list.scan(&mut chip, &mut scan).expect("a readable list") {
                Scanned::Row(row) => held.push(*row),
                Scanned::More => {}
                Scanned::End => break,
            }
        }
        assert_eq!(held.len(), rows.len(), "{edition:?}");
        assert!(held == *rows, "the rows of {edition:?}");
        let settings = list.settings(&mut chip).expect("readable settings").expect("settings");
        assert_eq!(Settings::from_bytes(&settings).expect("settings").relock_seconds, *relock);
    }

    /// However much was spoiled: an honest phone brings the door where the authority is.
    fn end(mut self) {
        self.publish(true);
        for _ in 0..2 {
            self.bring(true, 0, Mischief::None, None);
            self.check();
        }
        assert_eq!(self.reached.version, self.stage.list.version());
    }
}

impl Mischief {
    fn spoil(self, records: &mut Vec<Record>) {
        let count = records.len();
        if count == 0 {
            return;
        }
        match self {
            Self::None | Self::Mixes(_) | Self::Forges(_) => {}
            Self::Leaves(after) => records.truncate(usize::from(after)),
            Self::Loses(index) => drop(records.remove(usize::from(index) % count)),
            Self::Repeats(index) => {
                let index = usize::from(index) % count;
                records.insert(index, records[index].clone());
            }
            Self::Swaps(one, other) => records.swap(usize::from(one) % count, usize::from(other) % count),
            Self::Alters(index, bit) => {
                if let Record::Piece { bytes, .. } = &mut records[usize::from(index) % count] {
                    let mut altered = bytes.to_vec();
                    let bit = usize::from(bit) % (altered.len() * 8);
                    altered[bit / 8] ^= 1 << (bit % 8);
                    *bytes = Bytes::try_from(altered.as_slice()).expect("a piece");
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_list_is_one_that_was_signed_and_never_an_older_one(seed in 0..1_000_u64, actions in actions()) {
        let mut story = Story::begin(seed);
        for action in &actions {
            story.act(action);
        }
        story.end();
    }
}
