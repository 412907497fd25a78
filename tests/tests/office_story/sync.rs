//! What a phone and its authority exchange, whatever gets lost on the way.

use thumbturn_manager::office::use_case::authority::{PrepareRotation, TakeRotation};
use thumbturn_manager::office::use_case::door::OpenTasks;
use thumbturn_manager::office::use_case::people::RevokeAll;
use thumbturn_manager::office::use_case::phone::RevokePhone;
use thumbturn_manager::office::use_case::sync::{ConfirmClock, Exchange, SignTime};
use thumbturn_manager::office::{Actor, Error, Invalid};
use thumbturn_phone::courier::UploadObject;
use thumbturn_phone::sync::{SyncError, TransportError};
use thumbturn_phone::unlock::UnlockError;
use thumbturn_protocol::ids::ListVersion;
use thumbturn_protocol::keys::SigningKeyPair;
use thumbturn_protocol::signed::{Received, Signable};
use thumbturn_protocol::sync::{Cursor, Handed, Statement, SyncRequest};
use thumbturn_protocol::time_token::{TimeNonce, TimeToken};

use crate::building::{Building, Phone};

const DAY: u64 = 86_400;

#[test]
fn nothing_new_is_nothing_said() {
    let mut building = Building::new(10);
    let ada = building.invite("ada");
    let phone = building.phone(&ada);
    let again = building.sync(&phone);
    assert_eq!((again.credentials, again.parcels, again.removed, again.refused), (0, 0, 0, 0));
}

/// The answer is lost on its way: the phone asks again, and has everything; what it handed in counts once.
#[test]
fn a_lost_answer_costs_another_exchange_and_nothing_else() {
    let mut building = Building::new(11);
    let ada = building.invite("ada");
    let phone = building.phone(&ada);
    building.unlock(&phone).unwrap();
    *phone.line.lost.lock().unwrap() = 1;
    assert_eq!(building.try_sync(&phone), Err(SyncError::Transport(TransportError::Offline)));
    assert_eq!(building.open_tasks(), 0, "the office has the receipt");
    assert!(building.sync(&phone).handed_in > 0, "the phone cannot know that");
    assert!(phone.vault.inbox(&mut building.random).unwrap().to_upload().is_empty());
    building.unlock(&phone).unwrap();
}

/// A phone whose cursor is lost, or was made up, gets all that it may have, and no more.
#[test]
fn a_cursor_opens_nothing_and_hides_nothing() {
    let mut building = Building::new(12);
    let (ada, ben) = (building.invite("ada"), building.invite("ben"));
    let phone = building.phone(&ada);
    let ask = |building: &mut Building, account, since| {
        let request = SyncRequest::new(phone.id, Cursor(since)).unwrap();
        building.try_as(Actor::Account(account), &Exchange { request })
    };
    let all = ask(&mut building, ada.account, 0).unwrap();
    assert_eq!((all.doors.len(), all.credentials.len()), (1, 1));
    let none = ask(&mut building, ada.account, u64::MAX).unwrap();
    assert_eq!((none.doors.len(), none.credentials.len()), (1, 0));
    assert!(matches!(ask(&mut building, ben.account, 0), Err(Error::NotPermitted(_))));
}

/// I7: every event of the door reaches the office, in order, and the door frees what the office has.
#[test]
fn events_come_home_and_are_freed_at_the_door() {
    let mut building = Building::new(13);
    let ada = building.invite("ada");
    let phone = building.phone(&ada);
    for _ in 0..3 {
        building.unlock(&phone).unwrap();
        building.sync(&phone);
    }
    let log = building.runtime.block_on(building.office.door_log(building.property, building.door)).unwrap();
    assert!(log.events.len() >= 3, "{log:?}");
    assert!(log.events.windows(2).all(|pair| pair[0].sequence < pair[1].sequence));
    assert!(log.acknowledged > 0 && !log.is_forked);
    let before = log.acknowledged;
    // What was freed is not collected again.
    building.unlock(&phone).unwrap();
    building.sync(&phone);
    let log = building.runtime.block_on(building.office.door_log(building.property, building.door)).unwrap();
    assert!(log.acknowledged > before);
}

/// Everything that a phone hands in is a claim: no bit of it may be another one, and what is not the door's own is dropped, not repeated.
#[test]
fn what_does_not_verify_is_dropped_and_changes_nothing() {
    let mut building = Building::new(14);
    let ada = building.invite("ada");
    let phone = building.phone(&ada);
    building.unlock(&phone).unwrap();
    let uploads = phone.vault.inbox(&mut building.random).unwrap().to_upload();
    let batch = uploads.iter().find_map(|upload| match &upload.object {
        UploadObject::LogBatch(batch) => Some(batch.as_bytes().to_vec()),
        _ => None,
    });
    let batch = batch.expect("the door has said something");
    let hand_in = |building: &mut Building, bytes: Vec<u8>| {
        let mut request = SyncRequest::new(phone.id, Cursor(0)).unwrap();
        let statement = Statement::LogBatch(bytes.try_into().unwrap());
        request.handed = vec![Handed { number: 7, statement }].try_into().unwrap();
        building.try_as(Actor::Account(ada.account), &Exchange { request }).unwrap()
    };
    for position in (0..batch.len()).step_by(11) {
        let mut changed = batch.clone();
        changed[position] ^= 0x20;
        assert_eq!(*hand_in(&mut building, changed).taken, [7]);
    }
    let log = building.runtime.block_on(building.office.door_log(building.property, building.door)).unwrap();
    assert!(log.events.is_empty());
    assert_eq!(*hand_in(&mut building, batch.clone()).taken, [7]);
    assert_eq!(*hand_in(&mut building, batch).taken, [7]);
    let log = building.runtime.block_on(building.office.door_log(building.property, building.door)).unwrap();
    assert!(!log.events.is_empty());
}

/// I4: whoever lost everything is refused by a door that has heard the bulletin only; the phone that brought it carries no update for this door.
#[test]
fn a_bulletin_locks_out_before_the_list_does() {
    let mut building = Building::new(15);
    let (ada, ben) = (building.invite("ada"), building.invite("ben"));
    let (adas, bens) = (building.phone(&ada), building.phone(&ben));
    for phone in [&adas, &bens] {
        building.unlock(phone).unwrap();
        building.sync(phone);
    }
    building.host(&RevokeAll { person: ada.person });
    let inbox = bens.vault.inbox(&mut building.random).unwrap();
    inbox.limit_parcels(0);
    assert_eq!(building.sync(&bens).parcels, 0);
    building.unlock(&bens).unwrap();
    assert_eq!(building.unlock(&adas), Err(UnlockError::Denied));
    building.sync(&bens);
    assert_eq!(building.open_tasks(), 1, "the door still has her doorcode in its list");
    // She comes back: a newer grant is not denied.
    let again = building.invite("ada");
    assert_eq!(again.person, ada.person);
    building.sync(&adas);
    building.unlock(&adas).unwrap();
}

/// I5: a residence changes hands. The previous tenant's phone is offline; the new tenant's first unlock brings what locks it out.
#[test]
fn whoever_moves_in_locks_out_whoever_moved_out() {
    let mut building = Building::new(16);
    let ada = building.invite("ada");
    let adas = building.phone(&ada);
    building.unlock(&adas).unwrap();
    building.sync(&adas);
    let code = building.doorcode(&ada).unwrap();
    assert!(building.opens_by_code(&code));
    building.host(&RevokeAll { person: ada.person });
    let cem = building.invite("cem");
    let cems = building.phone(&cem);
    building.unlock(&adas).unwrap();
    building.unlock(&cems).unwrap();
    assert_eq!(building.unlock(&adas), Err(UnlockError::Denied));
    assert!(!building.opens_by_code(&code));
}

/// The same with a tenant who was invited before the other one was moved out.
#[test]
fn whoever_is_to_move_in_waits_for_the_hand_over_too() {
    let mut building = Building::new(21);
    let ada = building.invite("ada");
    let adas = building.phone(&ada);
    building.unlock(&adas).unwrap();
    building.sync(&adas);
    let start = building.now.plus(7 * DAY);
    let cem = building.invite_from("cem", start);
    let cems = building.phone(&cem);
    let least = |phone: &Phone, building: &mut Building| {
        phone.vault.wallet(&mut building.random).unwrap().credentials()[0].grant.min_list_version
    };
    assert_eq!(least(&cems, &mut building), ListVersion(0));
    building.host(&RevokeAll { person: ada.person });
    assert_eq!(building.sync(&cems).credentials, 1);
    assert!(least(&cems, &mut building) > ListVersion(0));
}

/// A door whose clock is behind opens for whoever was let in just now; nobody's access begins before its start.
#[test]
fn whoever_was_let_in_just_now_is_not_too_early() {
    let mut building = Building::new(22);
    let mut begins = |who, start| {
        let invited = building.invite_from(who, start);
        let phone = building.phone(&invited);
        phone.vault.wallet(&mut building.random).unwrap().credentials()[0].grant.validity.not_before
    };
    let now = thumbturn_protocol::time::UnixSeconds::new(1_772_438_400).unwrap();
    assert_eq!(begins("ada", now), now.minus(300));
    assert_eq!(begins("ben", now.plus(DAY)), now.plus(DAY));
}

/// Half of a lease gone, a phone gets a new one; without a network it ends.
#[test]
fn a_lease_is_renewed_by_whoever_comes_online() {
    let mut building = Building::new(17);
    let ada = building.invite("ada");
    let phone = building.phone(&ada);
    building.now = building.now.plus(10 * DAY);
    assert_eq!(building.sync(&phone).credentials, 0);
    building.now = building.now.plus(6 * DAY);
    assert_eq!(building.sync(&phone).credentials, 1);
}

/// A lost phone is told by name in the bulletin, and its holder's other phone is not.
#[test]
fn what_is_taken_away_leaves_the_wallet() {
    let mut building = Building::new(18);
    let ada = building.invite("ada");
    let (lost, other) = (building.phone(&ada), building.phone(&ada));
    building.host(&RevokePhone { phone: lost.id });
    assert_eq!(building.try_sync(&lost), Err(SyncError::Transport(TransportError::Refused)));
    assert_eq!(building.sync(&other).removed, 0);
    building.host(&RevokeAll { person: ada.person });
    assert_eq!(building.sync(&other).removed, 1);
    assert!(other.vault.wallet(&mut building.random).unwrap().credentials().is_empty());
}

/// A host whose clock jumped signs nothing, until somebody has looked at it.
#[test]
fn a_clock_that_jumped_signs_nothing() {
    let mut building = Building::new(19);
    let ada = building.invite("ada");
    let phone = building.phone(&ada);
    let (own, nonce) = (Actor::Account(ada.account), TimeNonce([1; 8]));
    let sign = SignTime { phone: phone.id, nonce };
    let token = building.try_as(own, &sign).unwrap();
    let token = Received::<TimeToken>::from_bytes(&token).unwrap().peek_unverified().unwrap();
    assert_eq!((token.at, token.nonce), (building.now, Some(nonce)));
    building.now = building.now.minus(DAY);
    assert!(matches!(building.try_as(own, &sign), Err(Error::Invalid(Invalid::Clock))));
    assert_eq!(building.try_sync(&phone), Err(SyncError::Transport(TransportError::Refused)));
    building.now = building.now.plus(200 * DAY);
    assert!(
        matches!(building.try_as(own, &sign), Err(Error::Invalid(Invalid::Clock))),
        "nor does one that jumped ahead"
    );
    building.host(&ConfirmClock);
    building.sync(&phone);
    building.now = building.now.minus(199 * DAY);
    building.host(&ConfirmClock);
    building.sync(&phone);
    assert!(
        building
            .runtime
            .block_on(building.office.ask(Actor::Host, building.property, &OpenTasks, building.now))
            .is_ok()
    );
}

/// The property's keys may be known to somebody: the root announces others. A phone brings the word to the door, which from then on takes
/// nothing that the old ones sign.
#[test]
fn new_keys_reach_phones_and_doors() {
    let mut building = Building::new(20);
    let (ada, ben) = (building.invite("ada"), building.invite("ben"));
    let (adas, bens) = (building.phone(&ada), building.phone(&ben));
    for phone in [&adas, &bens] {
        building.unlock(phone).unwrap();
        building.sync(phone);
    }
    assert_eq!(building.open_tasks(), 0);
    let draft = building.host(&PrepareRotation { previous_until: None });
    let foreign = SigningKeyPair::generate(&mut building.random).unwrap();
    let forged = TakeRotation { announcement: draft.sign(&foreign).unwrap().as_bytes().to_vec() };
    assert!(matches!(building.try_as(Actor::Host, &forged), Err(Error::Invalid(Invalid::Foreign))));
    assert_eq!(building.sync(&adas).credentials, 0, "nothing has changed yet");
    let announcement = draft.sign(&building.root).unwrap().as_bytes().to_vec();
    building.host(&TakeRotation { announcement });
    assert_eq!(building.open_tasks(), 1);
    assert_eq!(building.sync(&adas).credentials, 1);
    building.unlock(&adas).unwrap();
    building.sync(&adas);
    assert_eq!(building.open_tasks(), 0);
    // Ben's phone has not heard of it: the door does not take the old key's grant any more.
    assert_eq!(building.unlock(&bens), Err(UnlockError::Denied));
    assert_eq!(building.sync(&bens).credentials, 1);
    building.unlock(&bens).unwrap();
}
