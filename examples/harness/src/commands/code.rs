//! `code`: a doorcode for a door.

use serde_json::json;
use thumbturn_protocol::code::Doorcode;
use thumbturn_protocol::update::row::{CredentialNumber, Row, Terms};

use super::{Workplace, credentials};
use crate::arguments::Code;
use crate::clock::time_of_day;
use crate::entropy::SystemRandom;
use crate::failure::Failure;

/// Most draws for a code that fits beside those of the list.
const DRAWS: usize = 64;

/// Makes a code, brings it to the door, and says what to type.
pub(crate) async fn run(workplace: &Workplace, asked: &Code) -> Result<(), Failure> {
    let brought = credentials::bring(workplace, &asked.visit, |maker| {
        let code = draw(maker.codes())?;
        let number = maker.next_number();
        let terms = Terms::new(maker.holder, maker.property.next_serial(time_of_day())?, number);
        Ok((Row::Doorcode(code.clone(), terms), (code, number)))
    });
    let (door, (code, CredentialNumber(number))) = brought.await?;
    let text = code.text();
    workplace.screen.tell(
        &format!("{door} knows the code {}: type it at the keypad (`code {}` at the prompt of the example door). In the log it is number {number}", *text, *text),
        &json!({ "command": "code", "door": door, "code": *text, "number": number }),
    );
    Ok(())
}

/// A code that neither begins with another one of the door nor is the beginning of one (spec §14.1).
fn draw(present: Vec<Doorcode>) -> Result<Doorcode, Failure> {
    for _ in 0..DRAWS {
        let code = Doorcode::make(thumbturn_protocol::code::CodeLength::SEVEN, &mut SystemRandom)?;
        if !present.iter().any(|known| known.begins_with(&code) || code.begins_with(known)) {
            return Ok(code);
        }
    }
    Err(Failure::new("no-code", "no code is free at this door", "run the command again"))
}
