//! A holder with everything that opens a door: a phone, a guest's phone, a card, a code, the codes of the day.

use thumbturn_protocol::card::CardToken;
use thumbturn_protocol::code::DailyKind;
use thumbturn_protocol::ids::ShareId;
use thumbturn_protocol::update::row::{CredentialNumber, Terms};
use thumbturn_protocol::validity::Validity;

use crate::keyed_door::{CARD_VERSION, KeyedDoor, TODAY, card};
use crate::manual_phone::ManualPhone;
use crate::property::at;

/// What a holder opens the door with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The phone, by a full handshake.
    Phone,
    /// The phone, by the ticket of an unlock before.
    Ticket,
    /// The guest's phone, by a full handshake.
    Guest,
    /// The guest's phone, by the ticket of an unlock before.
    GuestTicket,
    /// The card.
    Card,
    /// The permanent code.
    Code,
    /// A code of the whole day.
    DailyCode,
    /// A code of a quarter of an hour from its first use on.
    QuarterHour,
}

impl Way {
    /// All of them; whatever ends a ticket comes before it.
    pub const ALL: [Self; 8] = [
        Self::Phone,
        Self::Ticket,
        Self::Guest,
        Self::GuestTicket,
        Self::Card,
        Self::Code,
        Self::DailyCode,
        Self::QuarterHour,
    ];

    /// Whether it lasts only until something else ends it: a ticket is there after an unlock, a code of a quarter of an hour is used up.
    #[must_use]
    pub const fn is_fleeting(self) -> bool {
        matches!(self, Self::Ticket | Self::GuestTicket | Self::QuarterHour)
    }
}

/// The phones of a holder whose card and code the door knows.
pub struct Household {
    /// The holder's.
    pub phone: ManualPhone,
    /// With a share of the holder's grant.
    pub guest: ManualPhone,
    /// The newest share.
    pub share: ShareId,
}

impl Household {
    /// The token of the card.
    pub const TOKEN: CardToken = CardToken([4; 8]);
    /// The permanent code.
    pub const CODE: &str = "0472";

    /// Moves in; the door has the rows.
    #[must_use]
    pub fn new(door: &mut KeyedDoor, seed: u64) -> Self {
        let mut phone = door.property.resident();
        let mut guest = ManualPhone::new(seed + 77);
        let share = share(&mut phone, &mut guest);
        let (holder, serial) = (phone.grant().holder, phone.grant().serial);
        door.set_card(Self::TOKEN, Terms::new(holder, serial, CredentialNumber(1)));
        door.set_code(Self::CODE, Terms::new(holder, serial, CredentialNumber(2)));
        door.update();
        Self { phone, guest, share }
    }

    /// Gives the guest a share of the phone's newest grant.
    pub fn share_again(&mut self) {
        self.share = share(&mut self.phone, &mut self.guest);
    }

    /// Whether the bolt moves. A wrong code costs a token, which comes back meanwhile.
    pub fn opens(&mut self, door: &mut KeyedDoor, way: Way) -> bool {
        let before = door.openings();
        let bench = &mut door.property.door;
        match way {
            Way::Phone => drop(self.phone.unlock_full(bench)),
            Way::Ticket => drop(self.phone.unlock_fast_or_not(bench)),
            Way::Guest => drop(self.guest.unlock_full(bench)),
            Way::GuestTicket => drop(self.guest.unlock_fast_or_not(bench)),
            Way::Card => drop(door.hold(&mut card(Self::TOKEN, CARD_VERSION))),
            Way::Code => drop(door.enter(Self::CODE)),
            Way::DailyCode => drop(door.enter(&door.daily(TODAY, DailyKind::WholeDay, 0))),
            Way::QuarterHour => drop(door.enter(&door.daily(TODAY, DailyKind::FirstUse, 0))),
        }
        let opened = door.openings() > before;
        door.pass(601);
        opened
    }
}

fn share(phone: &mut ManualPhone, guest: &mut ManualPhone) -> ShareId {
    let credential = phone.share(guest.id(), Validity::from(at(-60)));
    let chain = credential.share.as_ref().expect("a share");
    let id = chain.share.peek_unverified().expect("a share").share_id;
    guest.keep(credential);
    id
}
