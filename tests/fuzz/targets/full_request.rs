//! What a door makes of a full request. The first byte chooses how deep the rest goes in: as a whole request, as a
//! Noise message behind a good gate, or as the plaintext of a good handshake.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thumbturn_fuzz::{door, ephemeral, hello, property, sealed, snow_phone, tag_key};
use thumbturn_protocol::answer::Answer;
use thumbturn_protocol::full::{Responder, check_gate};

fuzz_target!(|input: &[u8]| {
    let Some((depth, rest)) = input.split_first() else { return };
    match depth % 3 {
        0 => drop(check_gate(&tag_key(), &hello(), rest)),
        1 => read(rest),
        _ if rest.len() <= 1_024 => read(&sealed(&mut snow_phone(), rest)),
        _ => {}
    }
});

fn read(message: &[u8]) {
    let Ok((responder, payload)) = Responder::read(door(), &hello(), message, ephemeral()) else { return };
    let _ = (responder.phone().id(), payload.grant.verify(&property().public()));
    assert!(payload.operation.attempt > 0);
    if let Some(chain) = &payload.share {
        let _ = (chain.verify(), chain.granter.id());
    }
    let answer = Answer::from_bytes([0; 5]).expect("accepted");
    responder.answer(answer).expect("whoever got so far gets an answer");
}
