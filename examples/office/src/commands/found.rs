//! `found`.

use serde_json::json;
use thumbturn_manager::office::model::{EmailAddress, Name, PersonName};

use crate::arguments::Found;
use crate::clock;
use crate::desk::Desk;
use crate::entropy::SystemRandom;
use crate::failure::Failure;
use crate::hexadecimal::digits;

pub(super) async fn run(desk: &Desk, wanted: &Found) -> Result<(), Failure> {
    let name = Name::parse(&wanted.name)?;
    let (email, person) =
        (EmailAddress::parse(&wanted.email)?, PersonName::parse(&wanted.first, &wanted.last)?);
    let now = clock::time_of_day();
    let (portfolio, _) = desk.office.found(&name, (&email, &person), now, &mut SystemRandom).await?;
    let portfolio = digits(&portfolio.0);
    let sentence = format!("{name} is portfolio {portfolio}, and {} manages it.", email.as_str());
    desk.screen.tell(&sentence, &json!({ "portfolio": portfolio, "manager": email.as_str() }));
    Ok(())
}
