use thumbturn_protocol::advertisement::Advertisement;
use thumbturn_protocol::answer::DoorStatus;
use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::grant::Roles;
use thumbturn_protocol::ids::{Generation, ListVersion, PhoneId, Serial, ShareId, TagKey};
use thumbturn_protocol::keys::{ExchangeKeyPair, PhoneKeys, SigningKeyPair};
use thumbturn_protocol::rotation::KeyRotation;
use thumbturn_protocol::share::{Share, ShareChain};
use thumbturn_protocol::signed::{Received, Signable};
use thumbturn_protocol::validity::Validity;

use crate::fixture::{BEGIN, Door, Phone, Property, TestRandom, seconds};
use crate::wallet::{ImportError, Wallet, WalletError};

fn scene() -> (Property, Door, Phone, Wallet) {
    let mut random = TestRandom(1);
    let property = Property::new(&mut random);
    let door = Door::new(&mut random);
    let mut phone = Phone::new(2);
    let wallet = phone.enrol(&property);
    (property, door, phone, wallet)
}

fn import(wallet: &Wallet, credential: &Credential) -> Result<(), ImportError> {
    wallet.import(&credential.to_bytes().unwrap(), &mut TestRandom(77)).map(|_| ())
}

#[test]
fn imported_grant_is_there_after_a_restart() {
    let (property, door, mut phone, wallet) = scene();
    phone.receive_grant(&wallet, &property, &door, 5);
    let (id, held) = (wallet.phone_id(), wallet.credentials());
    drop(wallet);
    let wallet = phone.open().unwrap();
    assert_eq!(wallet.phone_id(), id);
    assert_eq!(wallet.credentials(), held);
    assert_eq!(held[0].door, door.id);
}

#[test]
fn grant_for_another_phone_is_refused() {
    let (property, door, _, wallet) = scene();
    let credential = property.credential(&door, &property.grant(&door, PhoneId([1; 16]), 5));
    assert_eq!(import(&wallet, &credential), Err(ImportError::NotForThisPhone));
    assert!(wallet.credentials().is_empty());
}

#[test]
fn credential_of_an_unknown_property_is_refused() {
    let (_, door, _, wallet) = scene();
    let stranger = Property::new(&mut TestRandom(99));
    let credential = stranger.credential(&door, &stranger.grant(&door, wallet.phone_id(), 5));
    assert_eq!(import(&wallet, &credential), Err(ImportError::UnknownProperty));
}

#[test]
fn credential_signed_by_somebody_else_in_the_property_s_name_is_refused() {
    let (property, door, _, wallet) = scene();
    let mut forger = Property::new(&mut TestRandom(99));
    forger.id = property.id;
    let genuine = property.credential(&door, &property.grant(&door, wallet.phone_id(), 5));
    let forged = forger.credential(&door, &forger.grant(&door, wallet.phone_id(), 5));
    let with = |certificate: &Credential, grant: &Credential| {
        Credential::new(certificate.certificate.clone(), door.tag_key.clone(), grant.grant.clone(), None)
    };
    assert_eq!(import(&wallet, &with(&forged, &genuine)), Err(ImportError::NotAuthentic));
    assert_eq!(import(&wallet, &with(&genuine, &forged)), Err(ImportError::NotAuthentic));
    assert_eq!(import(&wallet, &with(&genuine, &genuine)), Ok(()));
}

#[test]
fn grant_beside_another_door_s_certificate_is_refused() {
    let (property, door, _, wallet) = scene();
    let other = Door::new(&mut TestRandom(55));
    let grant = property.credential(&door, &property.grant(&door, wallet.phone_id(), 5));
    let certificate = property.credential(&other, &property.grant(&other, wallet.phone_id(), 5));
    let mixed = Credential::new(certificate.certificate, door.tag_key.clone(), grant.grant, None);
    assert_eq!(import(&wallet, &mixed), Err(ImportError::Inconsistent));
}

#[test]
fn grant_for_a_door_s_earlier_keys_beside_its_present_certificate_is_refused() {
    let (property, door, _, wallet) = scene();
    let anew = door.claimed_anew(&mut TestRandom(6));
    let old = property.credential(&door, &property.grant(&door, wallet.phone_id(), 5));
    let new = property.credential(&anew, &property.grant(&anew, wallet.phone_id(), 5));
    let mixed = Credential::new(new.certificate, anew.tag_key.clone(), old.grant, None);
    assert_eq!(import(&wallet, &mixed), Err(ImportError::Inconsistent));
}

#[test]
fn renewed_grant_takes_the_place_of_the_old_one_and_never_the_other_way_round() {
    let (property, door, _, wallet) = scene();
    let old = property.grant(&door, wallet.phone_id(), 5);
    let mut renewed = old.clone();
    renewed.lease_end = seconds(BEGIN + 2_000_000);
    let newer = property.grant(&door, wallet.phone_id(), 6);
    for grant in [&old, &renewed, &newer] {
        import(&wallet, &property.credential(&door, grant)).unwrap();
        assert_eq!(wallet.credentials().len(), 1);
        assert_eq!(wallet.credentials()[0].grant, *grant);
    }
    for grant in [&old, &renewed] {
        assert_eq!(import(&wallet, &property.credential(&door, grant)), Err(ImportError::Older));
    }
    assert_eq!(wallet.credentials()[0].grant, newer);
}

#[test]
fn grant_for_a_door_claimed_anew_drops_what_was_for_its_earlier_life() {
    let (property, door, _, wallet) = scene();
    let before = property.credential(&door, &property.grant(&door, wallet.phone_id(), 9));
    import(&wallet, &before).unwrap();
    let anew = door.claimed_anew(&mut TestRandom(6));
    // Even with a lower serial: the old one opens nothing any more.
    let after = property.credential(&anew, &property.grant(&anew, wallet.phone_id(), 3));
    import(&wallet, &after).unwrap();
    assert_eq!(wallet.credentials().len(), 1);
    assert_eq!(import(&wallet, &before), Err(ImportError::Older));
}

/// Door ids are chosen by each property for itself, and its guests know them: another property that the wallet trusts must
/// not get at what the wallet holds for a door by giving one of its own the same id.
#[test]
fn door_of_one_property_is_not_taken_over_by_another_property() {
    let (property, door, mut phone, wallet) = scene();
    phone.receive_grant(&wallet, &property, &door, 5);
    let held = wallet.credentials();
    let stranger = Property::new(&mut TestRandom(99));
    wallet.trust(stranger.anchor(), &mut TestRandom(98)).unwrap();
    for copy in [
        door.claimed_anew(&mut TestRandom(6)),
        Door { issued: door.issued, ..door.claimed_anew(&mut TestRandom(7)) },
    ] {
        let credential = stranger.credential(&copy, &stranger.grant(&copy, wallet.phone_id(), 1_000));
        assert_eq!(import(&wallet, &credential), Err(ImportError::DoorOfAnotherProperty));
        assert_eq!(wallet.credentials(), held);
    }
    wallet.remove(door.id, &mut TestRandom(97)).unwrap();
    let credential = stranger.credential(&door, &stranger.grant(&door, wallet.phone_id(), 1));
    assert_eq!(import(&wallet, &credential), Ok(()));
}

/// The tag key is not signed, and a guest has seen certificate and grant of his host: what he makes of them must not take the
/// place of what the authority sent.
#[test]
fn held_grant_beside_another_tag_key_changes_nothing() {
    let (property, door, mut phone, wallet) = scene();
    phone.receive_grant(&wallet, &property, &door, 5);
    let genuine = property.credential(&door, &property.grant(&door, wallet.phone_id(), 5));
    let wrong = TagKey::from_bytes([6; 16]);
    let changed = Credential::new(genuine.certificate, wrong.clone(), genuine.grant, None);
    assert_eq!(import(&wallet, &changed), Ok(()), "the wallet holds it already");
    assert_eq!(wallet.credentials().len(), 1);
    let heard = |tag_key| Advertisement::new(tag_key, [1; 4], ListVersion(1), DoorStatus::default());
    assert!(wallet.resolve(&heard(&door.tag_key)).is_some());
    assert!(wallet.resolve(&heard(&wrong)).is_none());
}

/// A guest's credential, made by hand so that each part can be wrong.
struct Guest {
    granter: PhoneKeys,
    grant_phone: PhoneId,
    roles: Roles,
    share: Share,
    signer: SigningKeyPair,
}

impl Guest {
    fn new(door: &Door, guest: PhoneId) -> Self {
        let mut random = TestRandom(31);
        let granter = PhoneKeys {
            session: ExchangeKeyPair::generate(&mut random).unwrap(),
            signing: SigningKeyPair::from_secret([3; 32]),
        };
        let share = Share::new(
            door.id,
            door.public.id(),
            Generation(1),
            Serial(5),
            guest,
            ShareId([4; 8]),
            Validity::from(seconds(BEGIN)),
        );
        Self {
            grant_phone: granter.public().id(),
            granter,
            roles: Roles::UNLOCK.and(Roles::MAY_SHARE),
            share,
            signer: SigningKeyPair::from_secret([3; 32]),
        }
    }

    fn credential(&self, property: &Property, door: &Door) -> Credential {
        let mut grant = property.grant(door, self.grant_phone, 5);
        grant.roles = self.roles;
        let held = property.credential(door, &grant);
        let share = Received::from(self.share.sign(&self.signer).unwrap());
        let chain = ShareChain { granter: self.granter.public(), share };
        Credential::new(held.certificate, held.tag_key, held.grant, Some(chain))
    }
}

#[test]
fn share_is_taken_only_when_every_link_of_its_chain_fits() {
    type Damage = fn(&mut Guest);
    let cases: [(Damage, Option<ImportError>); 9] = [
        (|_| {}, None),
        (|guest| guest.roles = Roles::UNLOCK, Some(ImportError::NotShareable)),
        (|guest| guest.grant_phone = PhoneId([8; 16]), Some(ImportError::Inconsistent)),
        (|guest| guest.signer = SigningKeyPair::from_secret([5; 32]), Some(ImportError::NotAuthentic)),
        (|guest| guest.share.guest = PhoneId([8; 16]), Some(ImportError::NotForThisPhone)),
        (|guest| guest.share.door.0[0] ^= 1, Some(ImportError::Inconsistent)),
        (|guest| guest.share.door_key.0[0] ^= 1, Some(ImportError::Inconsistent)),
        (|guest| guest.share.generation.0 += 1, Some(ImportError::Inconsistent)),
        (|guest| guest.share.granter_serial.0 += 1, Some(ImportError::Inconsistent)),
    ];
    for (damage, expected) in cases {
        let (property, door, _, wallet) = scene();
        let mut guest = Guest::new(&door, wallet.phone_id());
        damage(&mut guest);
        assert_eq!(import(&wallet, &guest.credential(&property, &door)).err(), expected);
    }
}

#[test]
fn own_grant_comes_before_shares_and_newer_shares_before_older() {
    let (property, door, mut phone, wallet) = scene();
    for id in [1, 2] {
        let mut guest = Guest::new(&door, wallet.phone_id());
        guest.share.share_id = ShareId([id; 8]);
        import(&wallet, &guest.credential(&property, &door)).unwrap();
    }
    phone.receive_grant(&wallet, &property, &door, 7);
    let order: Vec<_> =
        wallet.passes(door.id).iter().map(|pass| pass.share.as_ref().map(|share| share.share_id)).collect();
    assert_eq!(order, [None, Some(ShareId([2; 8])), Some(ShareId([1; 8]))]);
}

#[test]
fn shares_of_one_door_are_bounded() {
    let (property, door, _, wallet) = scene();
    for id in 0..20 {
        let mut guest = Guest::new(&door, wallet.phone_id());
        guest.share.share_id = ShareId([id; 8]);
        import(&wallet, &guest.credential(&property, &door)).unwrap();
    }
    assert_eq!(wallet.credentials().len(), 8);
    assert_eq!(wallet.credentials()[7].share.as_ref().unwrap().share_id, ShareId([19; 8]));
}

fn rotation(property: &Property, previous_until: Option<u64>) -> (KeyRotation, SigningKeyPair) {
    let next = SigningKeyPair::from_secret([42; 32]);
    let sealing = ExchangeKeyPair::from_secret([43; 32]).public();
    let mut rotation = KeyRotation::new(property.id, Generation(2), next.public(), sealing, seconds(BEGIN));
    rotation.previous_until = previous_until.map(seconds);
    (rotation, next)
}

#[test]
fn rotation_signed_by_the_root_moves_trust_and_no_other_does() {
    let (property, door, mut phone, wallet) = scene();
    let (draft, next) = rotation(&property, None);
    let forged = draft.sign(&property.signing).unwrap();
    assert_eq!(wallet.rotate(forged.as_bytes(), &mut phone.random), Err(ImportError::NotAuthentic));
    let genuine = draft.sign(&property.root).unwrap();
    wallet.rotate(genuine.as_bytes(), &mut phone.random).unwrap();
    assert_eq!(wallet.rotate(genuine.as_bytes(), &mut phone.random), Err(ImportError::Older));

    let old = property.credential(&door, &property.grant(&door, wallet.phone_id(), 5));
    assert_eq!(import(&wallet, &old), Err(ImportError::UnknownGeneration));
    let rotated = Property { signing: next, generation: Generation(2), ..property };
    let new = rotated.credential(&door, &rotated.grant(&door, wallet.phone_id(), 5));
    assert_eq!(import(&wallet, &new), Ok(()));
}

#[test]
fn rotation_that_keeps_the_previous_key_keeps_its_grants() {
    let (property, door, mut phone, wallet) = scene();
    let (draft, _) = rotation(&property, Some(BEGIN + 1_000));
    wallet.rotate(draft.sign(&property.root).unwrap().as_bytes(), &mut phone.random).unwrap();
    let old = property.credential(&door, &property.grant(&door, wallet.phone_id(), 5));
    assert_eq!(import(&wallet, &old), Ok(()));
}

#[test]
fn every_bit_flip_of_a_credential_is_refused() {
    let (property, door, mut phone, wallet) = scene();
    let bytes = property.credential(&door, &property.grant(&door, wallet.phone_id(), 5)).to_bytes().unwrap();
    // The tag key is not signed: it names a door and opens nothing.
    let tag_key = bytes.windows(16).position(|window| window == tag_key_bytes(&door, &bytes)).unwrap();
    for position in (0..bytes.len()).filter(|at| !(tag_key..tag_key + 16).contains(at)) {
        for bit in 0..8 {
            let mut damaged = bytes.clone();
            damaged[position] ^= 1 << bit;
            assert!(wallet.import(&damaged, &mut phone.random).is_err(), "byte {position} bit {bit}");
        }
    }
    for length in 0..bytes.len() {
        assert!(wallet.import(&bytes[..length], &mut phone.random).is_err(), "first {length} bytes");
    }
    assert!(wallet.credentials().is_empty());
}

/// The tag key lies right behind the certificate.
fn tag_key_bytes<'a>(_door: &Door, bytes: &'a [u8]) -> &'a [u8] {
    // version, two-byte length, certificate of that length.
    let length = usize::from(bytes[1] & 0x7f) | usize::from(bytes[2]) << 7;
    &bytes[3 + length..3 + length + 16]
}

#[test]
fn enrolling_twice_is_refused_and_replacing_is_asked_for() {
    let (_, _, mut phone, wallet) = scene();
    let id = wallet.phone_id();
    drop(wallet);
    let again = Wallet::enrol(Box::new(phone.storage.clone()), phone.keystore.clone(), &mut phone.random);
    assert_eq!(again.err(), Some(WalletError::AlreadyEnrolled));
    let replaced =
        Wallet::replace(Box::new(phone.storage.clone()), phone.keystore.clone(), &mut phone.random).unwrap();
    assert_ne!(replaced.phone_id(), id);
}

#[test]
fn removed_door_leaves_nothing_behind() {
    let (property, door, mut phone, wallet) = scene();
    phone.receive_grant(&wallet, &property, &door, 5);
    wallet.remove(door.id, &mut phone.random).unwrap();
    drop(wallet);
    assert!(phone.open().unwrap().credentials().is_empty());
}
