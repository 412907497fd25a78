use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::ids::{DoorId, ListVersion, PhoneId};
use thumbturn_protocol::schedule::{Days, Minute, Schedule, Window};
use thumbturn_protocol::validity::Validity;

use crate::fixture::{BEGIN, Door, Phone, Property, TestRandom, seconds};
use crate::sharing::ShareError;
use crate::wallet::{ImportError, Wallet};

struct Scene {
    property: Property,
    door: Door,
    host: Wallet,
    guest: Wallet,
    random: TestRandom,
}

impl Scene {
    fn new(change: impl FnOnce(&mut thumbturn_protocol::grant::Grant)) -> Self {
        let mut random = TestRandom(1);
        let property = Property::new(&mut random);
        let door = Door::new(&mut random);
        let host = Phone::new(2).enrol(&property);
        let guest = Phone::new(3).enrol(&property);
        let mut grant = property.shareable_grant(&door, host.phone_id(), 5);
        change(&mut grant);
        let credential = property.credential(&door, &grant).to_bytes().unwrap();
        host.import(&credential, &mut random).unwrap();
        Self { property, door, host, guest, random }
    }

    fn share(&mut self, guest: PhoneId, validity: Validity) -> Result<Vec<u8>, ShareError> {
        self.host.share(self.door.id, guest, validity, &mut self.random).map(|invitation| invitation.bytes)
    }
}

fn always() -> Validity {
    Validity::from(seconds(BEGIN))
}

#[test]
fn guest_s_phone_takes_what_the_host_s_phone_made() {
    let mut scene = Scene::new(|_| {});
    let bytes = scene.share(scene.guest.phone_id(), always()).unwrap();
    assert_eq!(scene.guest.import(&bytes, &mut scene.random), Ok(scene.door.id));
    let held = scene.guest.credentials();
    assert_eq!(held[0].share.as_ref().unwrap().guest, scene.guest.phone_id());
}

#[test]
fn widest_share_fits_a_qr_code() {
    let windows: Vec<Window> = (0..8)
        .map(|index| {
            let (start, end) = (Minute::new(100 * index).unwrap(), Minute::new(100 * index + 90).unwrap());
            Window::new(Days::from_bits(0x7f).unwrap(), start, end).unwrap()
        })
        .collect();
    let widest = || {
        Validity::from(seconds((1 << 40) - 2))
            .until(seconds((1 << 40) - 1))
            .within(Schedule::new(&windows).unwrap())
    };
    let mut scene = Scene::new(|grant| {
        grant.validity = widest();
        grant.lease_end = seconds((1 << 40) - 1);
        grant.serial.0 = u32::MAX;
        grant.min_list_version.0 = u32::MAX;
    });
    let bytes = scene.share(scene.guest.phone_id(), widest()).unwrap();
    assert!(bytes.len() <= Credential::MAX_BYTES && bytes.len() <= 1_024, "{} bytes", bytes.len());
    assert!(scene.guest.import(&bytes, &mut scene.random).is_ok());
}

#[test]
fn share_for_one_guest_is_of_no_use_to_another() {
    let mut scene = Scene::new(|_| {});
    let bytes = scene.share(PhoneId([7; 16]), always()).unwrap();
    assert_eq!(scene.guest.import(&bytes, &mut scene.random), Err(ImportError::NotForThisPhone));
}

#[test]
fn holder_without_the_right_to_share_cannot() {
    let mut scene = Scene::new(|grant| grant.roles = thumbturn_protocol::grant::Roles::UNLOCK);
    assert_eq!(scene.share(scene.guest.phone_id(), always()), Err(ShareError::NotAllowed));
}

#[test]
fn guest_cannot_share_on() {
    let mut scene = Scene::new(|_| {});
    let bytes = scene.share(scene.guest.phone_id(), always()).unwrap();
    scene.guest.import(&bytes, &mut scene.random).unwrap();
    let shared = scene.guest.share(scene.door.id, PhoneId([7; 16]), always(), &mut scene.random);
    assert_eq!(shared.err(), Some(ShareError::NoGrant));
}

#[test]
fn own_phone_unknown_door_and_times_that_never_come_are_refused() {
    let mut scene = Scene::new(|grant| grant.validity = always().until(seconds(BEGIN + 1_000)));
    let (host, guest) = (scene.host.phone_id(), scene.guest.phone_id());
    assert_eq!(scene.share(host, always()), Err(ShareError::OwnPhone));
    let never = [
        Validity::from(seconds(BEGIN + 1_000)),
        Validity::from(seconds(0)).until(seconds(BEGIN)),
        Validity::from(seconds(BEGIN + 10)).until(seconds(BEGIN + 10)),
    ];
    for validity in never {
        assert_eq!(scene.share(guest, validity), Err(ShareError::NeverValid));
    }
    let elsewhere = scene.host.share(DoorId([0; 8]), guest, always(), &mut scene.random);
    assert_eq!(elsewhere.err(), Some(ShareError::NoGrant));
}

#[test]
fn share_under_a_grant_that_waits_for_an_update_says_so() {
    let scene = Scene::new(|grant| grant.min_list_version = ListVersion(9));
    let mut random = scene.random;
    let invitation = scene.host.share(scene.door.id, scene.guest.phone_id(), always(), &mut random).unwrap();
    assert_eq!(invitation.needs_list_version, Some(ListVersion(9)));
}

#[test]
fn guest_whose_wallet_does_not_know_the_property_is_told() {
    let mut scene = Scene::new(|_| {});
    let stranger = Property::new(&mut TestRandom(77));
    let guest = Phone::new(5).enrol(&stranger);
    let bytes = scene.share(guest.phone_id(), always()).unwrap();
    assert_eq!(guest.import(&bytes, &mut scene.random), Err(ImportError::UnknownProperty));
    guest.trust(scene.property.anchor(), &mut scene.random).unwrap();
    assert!(guest.import(&bytes, &mut scene.random).is_ok());
}

#[test]
fn invitation_is_not_shown_in_logs() {
    let mut scene = Scene::new(|_| {});
    let guest = scene.guest.phone_id();
    let invitation = scene.host.share(scene.door.id, guest, always(), &mut scene.random).unwrap();
    let shown = format!("{invitation:?}");
    assert!(shown.contains("share_id") && shown.len() < 80, "{shown}");
}
