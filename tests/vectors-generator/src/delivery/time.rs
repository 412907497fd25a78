//! Time tokens (spec §13.2).

use thumbturn_protocol::ids::Generation;
use thumbturn_protocol::signed::{Received, Signable};
use thumbturn_protocol::time_token::{TimeNonce, TimeToken};

use crate::cast;
use crate::error::{Error, refused};
use crate::formula;
use crate::json::{Fields, text, vector};
use crate::objects::{seconds, signed};

pub(crate) fn vectors() -> Result<Vec<Fields>, Error> {
    let plain = TimeToken::new(cast::property(), Generation(1), cast::instant(0));
    let bound = plain.clone().for_session(TimeNonce(cast::bytes("time nonce")));
    let mut vectors = vec![token("a plain token", &plain)?, token("a token for one session", &bound)?];
    let body = plain.sign(&cast::property_signing())?;
    let body = body.as_bytes().split_last_chunk::<64>().ok_or(Error::Disagree("token"))?.0;
    for (name, body) in [
        ("another version", formula::replaced(body, 0, 1, &[2])?),
        ("a trailing byte", [body, &[0]].concat()),
        ("an option that is neither", formula::replaced(body, body.len() - 1, 0, &[2])?),
        ("without its nonce option", formula::shortened(body)?),
    ] {
        let key = cast::property_signing();
        let signed = [body.as_slice(), &formula::sign(key.secret(), TimeToken::LABEL.text(), &body)].concat();
        let received = Received::<TimeToken>::from_bytes(&signed)?;
        refused(received.verify(&key.public()), name)?;
        vectors.push(
            vector("refused", "13.2", "time")
                .with("reason", text(name))
                .with("accepted", false)
                .with("signing_key", key.public().0)
                .with("signed", signed),
        );
    }
    Ok(vectors)
}

fn token(name: &str, token: &TimeToken) -> Result<Fields, Error> {
    let fields = Fields::new()
        .with("version", 1_u8)
        .with("property", token.property.0)
        .with("generation", token.generation.0)
        .with("at", seconds(token.at))
        .with("nonce", token.nonce.map(|nonce| nonce.0));
    signed(vector(name, "13.2", "time"), token, &cast::property_signing(), fields)
}
