//! Any fast request at a door, and any fast answer at a phone.
#![no_main]

use libfuzzer_sys::fuzz_target;
use thumbturn_fuzz::{hello, kdf};
use thumbturn_protocol::operation::OperationKind;
use thumbturn_protocol::ticket::{Counters, FastAnswer, FastRequest, Ticket};

fuzz_target!(|input: &[u8]| {
    let Some((way, rest)) = input.split_first() else { return };
    let ticket = Ticket::from_secret([13; 32]);
    match way % 3 {
        0 => request(&ticket, rest),
        1 => tagged_request(&ticket, rest),
        _ => answer(&ticket, rest),
    }
});

fn request(ticket: &Ticket, payload: &[u8]) {
    let Ok(request) = FastRequest::parse(payload) else { return };
    assert_eq!(&request.as_bytes()[1..], payload);
    if ticket.open().verifies(&hello(), &request) {
        let again = ticket.open().request(&hello(), request.counters(), request.kind()).expect("in range");
        // The id is a hint that the tag covers: a good tag is a good id only if the door looks it up.
        assert_eq!(again.as_bytes()[4..6], request.as_bytes()[4..6]);
    }
}

/// Press, kind and attempt of the fuzzer's choice under a good tag.
fn tagged_request(ticket: &Ticket, rest: &[u8]) {
    let [press, kind_and_attempt, ..] = *rest else { return };
    let [a, b, c] = ticket.id().0;
    let head = [0xc5, a, b, c, press, kind_and_attempt];
    let covered = [hello().as_bytes().as_slice(), &head].concat();
    let tag = kdf(ticket.secret(), "thumbturn/1/fast-request", &covered);
    let payload = [&head[1..], &tag[..14]].concat();
    if let Ok(request) = FastRequest::parse(&payload) {
        assert!(ticket.open().verifies(&hello(), &request));
        let Counters { press, attempt } = request.counters();
        let known = matches!(request.kind(), OperationKind::Unlock | OperationKind::Deliver);
        assert!(press > 0 && attempt > 0 && known);
    }
}

/// A body of the fuzzer's choice under a good tag, and any other answer.
fn answer(ticket: &Ticket, rest: &[u8]) {
    let counters = Counters { press: 1, attempt: 1 };
    let request = ticket.open().request(&hello(), counters, OperationKind::Unlock).expect("in range");
    if let Ok(answer) = FastAnswer::parse(rest) {
        assert!(
            ticket.open().read_answer(&hello(), &request, &answer).is_err(),
            "nobody can forge an answer"
        );
    }
    let Some((body, _)) = rest.split_first_chunk::<5>() else { return };
    let asked = [hello().as_bytes().as_slice(), request.as_bytes()].concat();
    let mask = kdf(ticket.secret(), "thumbturn/1/fast-mask", &asked);
    let tagged = [asked.as_slice(), &[0xc6], body].concat();
    let tag = kdf(ticket.secret(), "thumbturn/1/fast-answer", &tagged);
    let masked: Vec<u8> = body.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
    let made = FastAnswer::parse(&[masked.as_slice(), &tag[..14]].concat()).expect("19 bytes");
    if let Ok((read, _)) = ticket.open().read_answer(&hello(), &request, &made) {
        assert_eq!(read.to_bytes(), *body);
    }
}
