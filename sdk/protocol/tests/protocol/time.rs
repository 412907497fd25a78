//! Time tokens (spec §13.2).

use proptest::prelude::*;
use thumbturn_protocol::ids::{Generation, PropertyId};
use thumbturn_protocol::signed::Signable;
use thumbturn_protocol::time::UnixSeconds;
use thumbturn_protocol::time_token::{TimeNonce, TimeToken};

use crate::objects::{all_damage_is_refused, there_and_back};
use crate::{cast, strategies};

fn token() -> TimeToken {
    TimeToken::new(PropertyId([1; 8]), Generation(1), cast::now())
}

proptest! {
    #[test]
    fn every_token_survives_the_way(
        property: [u8; 8],
        generation in strategies::number(),
        at in strategies::instant(),
        nonce: Option<[u8; 8]>,
    ) {
        let mut draft = TimeToken::new(PropertyId(property), Generation(generation), at);
        draft.nonce = nonce.map(TimeNonce);
        there_and_back(&draft)?;
    }
}

#[test]
fn every_damage_to_a_token_is_refused() {
    let key = cast::property();
    all_damage_is_refused(&token().sign(&key).unwrap().into(), &key.public());
    all_damage_is_refused(&token().for_session(TimeNonce([7; 8])).sign(&key).unwrap().into(), &key.public());
}

#[test]
fn the_widest_token_is_as_long_as_the_limit() {
    let token = TimeToken::new(PropertyId([1; 8]), Generation(u32::MAX), UnixSeconds::MAX);
    let signed = token.for_session(TimeNonce([7; 8])).sign(&cast::property()).unwrap();
    assert_eq!(signed.as_bytes().len(), TimeToken::MAX_BODY + 64);
}
