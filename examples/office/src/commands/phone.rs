//! `phone`.

use serde_json::json;
use thumbturn_manager::office::use_case::phone::{InvitePhone, ListPhones, RevokePhone};
use thumbturn_protocol::ids::PhoneId;

use super::tasks;
use crate::arguments::Phone;
use crate::clock::local;
use crate::desk::PropertyDesk;
use crate::failure::Failure;
use crate::hexadecimal::{self, digits};

pub(super) async fn run(desk: &PropertyDesk, wanted: &Phone) -> Result<(), Failure> {
    match wanted {
        Phone::Invite { email } => invite(desk, email).await,
        Phone::List { email } => list(desk, email).await,
        Phone::Revoke { phone } => revoke(desk, phone).await,
    }
}

async fn invite(desk: &PropertyDesk, email: &str) -> Result<(), Failure> {
    let person = desk.person(email).await?.person;
    let invitation = digits(&desk.perform(&InvitePhone { person }).await?.0);
    let sentence = format!("{invitation} enrols one phone of {email}, once, within seven days.");
    desk.screen().tell(&sentence, &json!({ "invitation": invitation }));
    Ok(())
}

async fn list(desk: &PropertyDesk, email: &str) -> Result<(), Failure> {
    let person = desk.person(email).await?.person;
    for line in desk.ask(&ListPhones { person }).await? {
        let (phone, since) = (digits(&line.phone.0), local(line.enrolled, &desk.zone));
        let facts = json!({ "phone": phone, "enrolled": line.enrolled.seconds() });
        desk.screen().tell(&format!("{phone}  since {since}"), &facts);
    }
    Ok(())
}

async fn revoke(desk: &PropertyDesk, phone: &str) -> Result<(), Failure> {
    let phone = hexadecimal::bytes(phone)
        .map(PhoneId)
        .ok_or_else(|| Failure::new("invalid", "a phone has 32 digits", "name it as `phone list` does"))?;
    let revoke = RevokePhone { phone };
    tasks::tell(desk, &desk.foresee(&revoke).await?, "follows").await?;
    desk.confirm()?;
    desk.perform(&revoke).await?;
    desk.screen().tell(
        "It opens nothing any more, once its doors have heard.",
        &json!({ "revoked": digits(&phone.0) }),
    );
    Ok(())
}
