//! A door with keypad and card reader on the bench, the books of its list, and a neighbour who brings updates.

use thumbturn_lock::hardware::{CardAnswer, HardwareEvent};
use thumbturn_lock::keypad::Digit;
use thumbturn_lock::signal::Signal;
use thumbturn_protocol::bulletin::Denial;
use thumbturn_protocol::card::{CardMaster, CardToken, CardVersion, DoorClass, READ_KEY};
use thumbturn_protocol::claim::DoorKind;
use thumbturn_protocol::code::{
    CodeEpoch, CodeKeyGeneration, CodeLength, DailyCode, DailyCodeMaster, DailyKind, DoorField, Doorcode,
    LocalDay, Slot, Slots,
};
use thumbturn_protocol::event::Event;
use thumbturn_protocol::ids::{HolderId, Serial};
use thumbturn_protocol::record::Record;
use thumbturn_protocol::update::parcel::Parcel;
use thumbturn_protocol::update::row::{Card as CardRow, CredentialNumber, Row, Terms};
use thumbturn_protocol::update::settings::DailyCodes;
use thumbturn_simulator::authority::DoorList;
use thumbturn_simulator::card::Card;
use thumbturn_simulator::random::SeededRandom;

use crate::bench_door::BenchDoor;
use crate::conversation::Conversation;
use crate::courier::{Courier, applied};
use crate::manual_phone::ManualPhone;
use crate::property::{Property, at};

/// The local day on which every door on the bench is claimed, at noon.
pub const TODAY: LocalDay = LocalDay(20_514);
/// The lowest version of cards that rows accept.
pub const CARD_VERSION: CardVersion = CardVersion(3);
const CARD_MASTER: [u8; 16] = [0xca; 16];
const CODE_MASTER: [u8; 32] = [0xc0; 32];

/// A claimed door whose list a snapshot has begun, with daily codes and permanent codes from four digits on.
pub struct KeyedDoor {
    /// The property and the door.
    pub property: Property,
    /// What the property wants the door to know.
    pub list: DoorList,
    neighbour: ManualPhone,
    /// Seconds since the claim.
    pub seconds: i64,
    credentials: u32,
    random: SeededRandom,
}

impl KeyedDoor {
    /// A residence.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self::of_kind(seed, DoorKind::Residence)
    }

    /// A door of any kind.
    ///
    /// # Panics
    ///
    /// When the door does not take its first list.
    #[must_use]
    pub fn of_kind(seed: u64, kind: DoorKind) -> Self {
        let mut property = Property::with(seed, |configuration| configuration.kind = kind);
        let neighbour = property.resident();
        let list = property.authority.list_of(&property.configuration).expect("a seeded source");
        let random = SeededRandom::new(seed ^ 0xca4d);
        let mut door = Self { property, list, neighbour, seconds: 0, credentials: 0, random };
        let key = door.daily_key();
        door.list.change_settings(|settings| {
            settings.code_length = CodeLength::FOUR;
            settings.daily_codes = Some(DailyCodes { key, epoch: CodeEpoch(0), slots: Slots::DEFAULT });
        });
        let snapshot = door.property.authority.snapshot(&mut door.list, at(0)).expect("a sensible list");
        door.bring(&snapshot);
        door
    }

    /// The door.
    pub const fn door(&mut self) -> &mut BenchDoor {
        &mut self.property.door
    }

    /// Lets time pass.
    pub fn pass(&mut self, seconds: u32) {
        self.property.door.pass(u64::from(seconds) * 1_000);
        self.seconds += i64::from(seconds);
    }

    /// Cuts the power and boots again, with a battery-backed clock that knows the time.
    #[must_use]
    pub fn reboot(mut self) -> Self {
        let clock = at(self.seconds);
        let door = self.property.door;
        self.property.door = door.reboot_with(|board| board.hardware.real_time_clock = Some(clock));
        self
    }

    /// Terms for somebody new, at any hour.
    pub fn terms(&mut self) -> Terms {
        self.credentials += 1;
        let number = u8::try_from(self.credentials).expect("a short test");
        Terms::new(HolderId([number; 8]), Serial(100 + self.credentials), CredentialNumber(self.credentials))
    }

    /// A doorcode on these terms, for the next update.
    ///
    /// # Panics
    ///
    /// For what is no code.
    pub fn set_code(&mut self, digits: &str, terms: Terms) {
        self.list.set(Row::Doorcode(Doorcode::parse(digits).expect("a code"), terms));
    }

    /// A card on these terms, for the next update.
    ///
    /// # Panics
    ///
    /// Never.
    pub fn set_card(&mut self, token: CardToken, terms: Terms) {
        let class = self.class();
        let key = CardMaster::from_bytes(CARD_MASTER).card_key(token, class, READ_KEY).expect("a key");
        self.list.set(Row::Card(CardRow { token, key, lowest_version: CARD_VERSION }, terms));
    }

    /// A neighbour brings the time of the property: so many seconds after the claim.
    ///
    /// # Panics
    ///
    /// When the door does not speak with the neighbour.
    pub fn set_clock(&mut self, seconds: i64) {
        let mut session = Conversation::begin(&mut self.neighbour, &mut self.property.door);
        let nonce = session.state(&mut self.property.door).nonce;
        let token = self.property.authority.time_token(at(seconds), Some(nonce)).expect("a token").into();
        let heard = session.say(&mut self.property.door, &Record::Time { token, elapsed: None });
        assert_eq!(heard, []);
        self.property.door.disconnect(session.connection);
    }

    /// A neighbour brings what has changed.
    ///
    /// # Panics
    ///
    /// When the door does not take it.
    pub fn update(&mut self) {
        let (from, now) = (self.list.version(), at(self.seconds));
        let delta = self.property.authority.delta(&mut self.list, from, now).expect("a sensible list");
        self.bring(&delta);
    }

    /// A neighbour brings a bulletin with one entry.
    ///
    /// # Panics
    ///
    /// When the door does not take it.
    pub fn bulletin(&mut self, denials: Vec<Denial>) {
        let bulletin = self.property.authority.bulletin(denials, at(self.seconds)).expect("a bulletin");
        let mut session = Conversation::begin(&mut self.neighbour, &mut self.property.door);
        assert!(session.hand_over(&mut self.property.door, &bulletin) || bulletin.entries.is_empty());
        self.leave(&session);
    }

    /// The same, and no time passes.
    ///
    /// # Panics
    ///
    /// When the door does not take it.
    pub fn update_at_once(&mut self) {
        let (from, now) = (self.list.version(), at(self.seconds));
        let delta = self.property.authority.delta(&mut self.list, from, now).expect("a sensible list");
        let session = self.deliver(&delta);
        self.property.door.disconnect(session.connection);
    }

    fn bring(&mut self, parcel: &Parcel) {
        let session = self.deliver(parcel);
        self.leave(&session);
    }

    fn deliver(&mut self, parcel: &Parcel) -> Conversation {
        let mut session = Conversation::begin(&mut self.neighbour, &mut self.property.door);
        let progress = Courier::new(parcel).deliver(&mut session, &mut self.property.door);
        assert_eq!(progress, applied(self.list.version()));
        session
    }

    fn leave(&mut self, session: &Conversation) {
        self.property.door.disconnect(session.connection);
        self.pass(60);
    }

    /// The door's class of cards.
    #[must_use]
    pub fn class(&self) -> DoorClass {
        match self.property.configuration.kind {
            DoorKind::Residence => DoorClass::Residence,
            _ => DoorClass::Common,
        }
    }

    fn daily_key(&self) -> thumbturn_protocol::code::DailyCodeKey {
        DailyCodeMaster::from_bytes(CODE_MASTER).door_key(self.door_field(), CodeKeyGeneration(1))
    }

    fn door_field(&self) -> DoorField {
        DoorField::from(self.property.configuration.door)
    }

    /// The digits of a daily code of this door.
    #[must_use]
    pub fn daily(&self, day: LocalDay, kind: DailyKind, slot: u16) -> String {
        let code = DailyCode { day, kind, slot: Slot(slot) };
        self.daily_key().code(self.door_field(), CodeEpoch(0), code).text().to_string()
    }

    /// Types digits, a quarter of a second each.
    pub fn press(&mut self, digits: &str) {
        press(&mut self.property.door, digits);
    }

    /// Types digits and then clear; what the door shows.
    pub fn enter(&mut self, digits: &str) -> Vec<Signal> {
        self.press(digits);
        self.property.door.happens(HardwareEvent::KeypadCleared);
        self.signals()
    }

    /// What the door showed since the last time.
    pub fn signals(&mut self) -> Vec<Signal> {
        core::mem::take(&mut self.property.door.hardware().signals)
    }

    /// Holds a card to the door until the door says nothing more to it; what the door said to it.
    pub fn hold(&mut self, card: &mut Card) -> Vec<Vec<u8>> {
        hold(&mut self.property.door, card, &mut self.random, |_, _| ())
    }

    /// The same, with answers changed on their way.
    pub fn hold_through(&mut self, card: &mut Card, air: impl FnMut(usize, &mut Vec<u8>)) -> Vec<Vec<u8>> {
        hold(&mut self.property.door, card, &mut self.random, air)
    }

    /// How often the bolt was moved.
    pub fn openings(&mut self) -> usize {
        self.property.door.bolt_moves().len()
    }

    /// The events of the log of which `wanted` is true.
    pub fn logged(&mut self, wanted: impl Fn(&Event) -> bool) -> Vec<Event> {
        self.property.door.log().into_iter().map(|logged| logged.event).filter(wanted).collect()
    }
}

/// A card of this token and version, personalised for all doors of the property.
///
/// # Panics
///
/// Never.
#[must_use]
pub fn card(token: CardToken, version: CardVersion) -> Card {
    let master = CardMaster::from_bytes(CARD_MASTER);
    let key = |class| *master.card_key(token, class, READ_KEY).expect("a key").as_bytes();
    Card::new(token, version, key(DoorClass::Common), key(DoorClass::Residence))
}

/// Types digits, a quarter of a second each.
///
/// # Panics
///
/// For what is no digit.
pub fn press(door: &mut BenchDoor, digits: &str) {
    for digit in digits.bytes() {
        let digit = digit.checked_sub(b'0').and_then(Digit::new).expect("a digit");
        door.happens(HardwareEvent::Digit(digit));
        door.pass(250);
    }
}

/// Holds a card to a door, with its answers changed on their way; what the door said to it.
pub fn hold(
    door: &mut BenchDoor,
    card: &mut Card,
    random: &mut SeededRandom,
    mut air: impl FnMut(usize, &mut Vec<u8>),
) -> Vec<Vec<u8>> {
    let mut said = Vec::new();
    door.happens(HardwareEvent::CardPresent);
    while let Some(command) = door.hardware().card_commands.pop_front() {
        let mut answer = card.answer(&command, random);
        air(said.len(), &mut answer);
        said.push(command);
        door.happens(HardwareEvent::CardAnswered(CardAnswer::new(&answer)));
    }
    door.happens(HardwareEvent::CardGone);
    card.leave();
    said
}
