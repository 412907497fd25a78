//! What secrets say about themselves: their names.

use core::fmt::Debug;

use thumbturn_protocol::claim::{DoorConfiguration, DoorKind, PropertyKeys};
use thumbturn_protocol::credential::Credential;
use thumbturn_protocol::ids::{ClaimSecret, DoorId, Generation, HolderId, PropertyId, TagKey};
use thumbturn_protocol::keys::{ExchangeKey, ExchangeKeyPair, PhoneKeys, SigningKeyPair, VerifyingKey};
use thumbturn_protocol::record::{Record, Records, Side};
use thumbturn_protocol::ticket::Ticket;
use thumbturn_protocol::zone::{UtcOffset, Zone};

use crate::cast;

fn says(value: &dyn Debug, expected: &str) {
    assert_eq!(format!("{value:?}"), expected);
    let indented: String = format!("{value:#?}").split_whitespace().collect();
    assert_eq!(
        indented.replace(",}", "}").replace(",)", ")"),
        expected.split_whitespace().collect::<String>()
    );
}

#[test]
fn secrets_print_their_type_and_no_byte() {
    says(&TagKey::from_bytes([0xa5; 16]), "TagKey");
    says(&ClaimSecret::from_bytes([0xa5; 16]), "ClaimSecret");
    says(&ExchangeKeyPair::from_secret([0xa5; 32]), "ExchangeKeyPair");
    says(&SigningKeyPair::from_secret([0xa5; 32]), "SigningKeyPair");
    says(&Ticket::from_secret([0xa5; 32]), "Ticket");
    says(&cast::ephemeral(0xa5), "Ephemeral(ExchangeKeyPair)");
    says(&cast::session(&cast::hello(1)), "SessionSecret");
    let keys = PhoneKeys {
        session: ExchangeKeyPair::from_secret([0xa5; 32]),
        signing: SigningKeyPair::from_secret([0xa5; 32]),
    };
    says(&cast::full_request(&cast::hello(1), None).0, "Initiator(Handshake)");
    says(&keys, "PhoneKeys { session: ExchangeKeyPair, signing: SigningKeyPair }");
}

#[test]
fn records_print_their_counters_and_no_key() {
    let mut records = Records::new(&cast::session(&cast::hello(1)), Side::Phone);
    records.seal(&Record::ClaimConfirm).unwrap();
    says(&records, "Records { sending: Direction(Some(1)), receiving: Direction(Some(0)) }");
}

#[test]
fn structures_around_a_tag_key_do_not_print_it() {
    let tag_key = TagKey::from_bytes([0xa5; 16]);
    let credential = Credential::new(cast::certificate(), tag_key.clone(), cast::grant(), None);
    let keys = PropertyKeys {
        property: PropertyId([1; 8]),
        generation: Generation(1),
        root_key: VerifyingKey([2; 32]),
        signing_key: VerifyingKey([3; 32]),
        sealing_key: ExchangeKey([4; 32]),
    };
    let zone = Zone::fixed(UtcOffset::UTC);
    let configuration =
        DoorConfiguration::new(keys, DoorId([5; 8]), tag_key, DoorKind::Residence, cast::now(), zone);
    let printed = [
        format!("{credential:?} {credential:#?} {credential:x?}"),
        format!("{configuration:?} {configuration:#?} {configuration:x?}"),
    ];
    for text in printed {
        assert!(text.contains("TagKey"));
        assert!(!text.contains("165, 165") && !text.contains("a5, a5") && !text.contains("a5a5"), "{text}");
    }
}

#[test]
fn signed_objects_print_their_size_and_identifiers_are_shortened() {
    let grant = cast::grant();
    says(&grant, &format!("Received grant of {} bytes", grant.as_bytes().len()));
    says(&HolderId([0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0]), "HolderId(12345678)");
}
