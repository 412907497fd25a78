//! Who gets in, and who does not any more.

use thumbturn_manager::office::use_case::authority::{Claimed, PrepareClaim, TakeReceipt};
use thumbturn_manager::office::use_case::daily_codes::{CodeDay, RevokeAllDailyCodes};
use thumbturn_manager::office::use_case::people::RevokeAll;
use thumbturn_manager::office::use_case::phone::{EnrolPhone, InvitePhone, RevokePhone};
use thumbturn_manager::office::{Actor, Error, Invalid};
use thumbturn_phone::courier::UploadObject;
use thumbturn_phone::sync::{SyncError, TransportError};
use thumbturn_phone::unlock::UnlockError;
use thumbturn_protocol::zone::{UtcOffset, Zone};
use thumbturn_simulator::random::SeededRandom;

use crate::building::Building;

/// F-037, F-051 to F-054, F-060, F-061, F-063 to F-067, F-119: no sync button anywhere. Ada's own phone brings her doorcode; Ben's phone
/// brings the door that she has moved out.
#[test]
fn people_come_and_go_and_every_unlock_carries_the_news() {
    let mut building = Building::new(1);
    let (ada, ben) = (building.invite("ada"), building.invite("ben"));
    assert_eq!(building.open_tasks(), 1, "one task for the door, whatever the number of people");
    let (adas, bens) = (building.phone(&ada), building.phone(&ben));
    let code = building.doorcode(&ada).unwrap();
    assert!(!building.opens_by_code(&code), "the door has not heard of it yet");

    building.unlock(&adas).unwrap();
    assert!(building.sync(&adas).handed_in > 0);
    assert_eq!(building.open_tasks(), 0);
    assert!(building.opens_by_code(&code));
    building.unlock(&bens).unwrap();
    building.sync(&bens);

    let tasks = building.host(&RevokeAll { person: ada.person });
    assert_eq!(tasks.len(), 1);
    // Her phone is offline, and knows nothing of it; the door neither.
    building.unlock(&adas).unwrap();
    building.sync(&bens);
    building.unlock(&bens).unwrap();
    building.sync(&bens);
    assert_eq!(building.open_tasks(), 0);
    assert_eq!(building.unlock(&adas), Err(UnlockError::Denied));
    assert!(!building.opens_by_code(&code));
    building.unlock(&bens).unwrap();
}

/// A lost phone is revoked alone: the same person's other phone, and the doorcode, go on.
#[test]
fn a_lost_phone_takes_nothing_else_along() {
    let mut building = Building::new(2);
    let ada = building.invite("ada");
    let (lost, other) = (building.phone(&ada), building.phone(&ada));
    building.unlock(&lost).unwrap();
    building.unlock(&other).unwrap();
    let code = building.doorcode(&ada).unwrap();
    let own = Actor::Account(ada.account);
    let tasks = building.try_as(own, &RevokePhone { phone: lost.id }).unwrap();
    assert_eq!(tasks.len(), 1, "the door has to hear that its grant is void");
    building.sync(&other);
    building.unlock(&other).unwrap();
    building.sync(&other);
    assert_eq!(building.unlock(&lost), Err(UnlockError::Denied));
    building.unlock(&other).unwrap();
    assert!(building.opens_by_code(&code));
    assert_eq!(building.try_sync(&lost), Err(SyncError::Transport(TransportError::Refused)));
}

/// F-038, R-133, R-404, R-408: a door that nobody reaches takes a code on its day and no other, and none of before once it has heard.
#[test]
fn a_daily_code_opens_on_its_day_until_all_are_taken_back() {
    let mut building = Building::new(5);
    let ada = building.invite("ada");
    let phone = building.phone(&ada);
    let today = building.daily_code(&ada, CodeDay::Today);
    assert!(!building.opens_by_code(&today), "the door does not compute codes before its first update");
    building.unlock(&phone).unwrap();
    building.sync(&phone);
    assert!(building.opens_by_code(&today));
    let tomorrow = building.daily_code(&ada, CodeDay::Tomorrow);
    assert!(!building.opens_by_code(&tomorrow));

    building.sleep(86_400);
    assert!(!building.opens_by_code(&today));
    assert!(building.opens_by_code(&tomorrow));
    let revoke = RevokeAllDailyCodes { door: building.door };
    let task = building.host(&revoke).task.unwrap();
    let left = task.revocation.unwrap().bound.unwrap();
    assert_eq!(left.as_secs(), 16 * 3_600, "the codes of a day end with it");
    assert!(building.opens_by_code(&tomorrow), "the door has not heard");
    building.sync(&phone);
    building.unlock(&phone).unwrap();
    building.sync(&phone);
    assert_eq!(building.open_tasks(), 0);
    assert!(!building.opens_by_code(&tomorrow));
    let new = building.daily_code(&ada, CodeDay::Today);
    assert!(building.opens_by_code(&new));
}

/// An invitation serves one phone, of the person it was made for.
#[test]
fn an_invitation_serves_once_and_nobody_else() {
    let mut building = Building::new(3);
    let (ada, eve) = (building.invite("ada"), building.invite("eve"));
    let keys = |seed| {
        let pair = thumbturn_protocol::keys::PhoneKeys::generate(&mut SeededRandom::new(seed)).unwrap();
        pair.public()
    };
    let invitation = building.host(&InvitePhone { person: ada.person });
    let enrol = |keys| EnrolPhone { invitation: invitation.clone(), keys };
    let refused = building.try_as(Actor::Account(eve.account), &enrol(keys(1)));
    assert!(matches!(refused, Err(Error::Invalid(Invalid::Invitation))), "{refused:?}");
    let own = Actor::Account(ada.account);
    let enrolled = building.try_as(own, &enrol(keys(2))).unwrap();
    assert_eq!(building.try_as(own, &enrol(keys(2))).unwrap(), enrolled, "the answer was lost");
    let again = building.try_as(own, &enrol(keys(3)));
    assert!(matches!(again, Err(Error::Invalid(Invalid::Invitation))));
    building.now = building.now.plus(8 * 86_400);
    let late = building.host(&InvitePhone { person: ada.person });
    building.now = building.now.plus(8 * 86_400);
    let expired = building.try_as(own, &EnrolPhone { invitation: late, keys: keys(4) });
    assert!(matches!(expired, Err(Error::Invalid(Invalid::Invitation))));
}

/// The device on a door is replaced: people keep what they may open, and the old device's receipts count for nothing.
#[test]
fn a_receipt_of_another_life_is_refused() {
    let mut building = Building::new(4);
    let ada = building.invite("ada");
    let phone = building.phone(&ada);
    building.unlock(&phone).unwrap();
    let inbox = phone.vault.inbox(&mut building.random).unwrap();
    let receipt = inbox.to_upload().into_iter().find_map(|upload| match upload.object {
        UploadObject::Receipt(receipt) => Some(receipt.as_bytes().to_vec()),
        _ => None,
    });
    let receipt = receipt.unwrap();
    for position in 0..receipt.len() {
        let mut changed = receipt.clone();
        changed[position] ^= 1;
        let taken = building.try_as(Actor::Account(ada.account), &TakeReceipt { receipt: changed });
        assert!(taken.is_err(), "byte {position}");
    }
    let take = TakeReceipt { receipt };
    assert!(building.try_as(Actor::Account(ada.account), &take).unwrap().is_new);
    assert!(!building.try_as(Actor::Account(ada.account), &take).unwrap().is_new, "another phone was faster");
    let zone = Zone::fixed(UtcOffset::UTC);
    let configuration = building.host(&PrepareClaim { door: building.door, zone, relock_seconds: 5 });
    let mut keys = thumbturn_protocol::keys::DoorPublicKeys {
        session_key: thumbturn_protocol::keys::ExchangeKey([1; 32]),
        sealing_key: thumbturn_protocol::keys::ExchangeKey([2; 32]),
        receipt_key: thumbturn_protocol::keys::VerifyingKey([3; 32]),
    };
    keys.session_key.0[0] = 9;
    building.host(&Claimed { configuration, keys });
    let foreign = building.try_as(Actor::Account(ada.account), &take);
    assert!(matches!(foreign, Err(Error::Invalid(Invalid::Foreign))));
    assert_eq!(building.open_tasks(), 1, "the new device knows nothing");
    assert!(building.doorcode(&ada).is_some());
}
