//! The claimer against a scripted door, and somebody in between who holds frames back.

use thumbturn_protocol::Ephemeral;
use thumbturn_protocol::claim::{ClaimResponder, DoorConfiguration, DoorKind, PropertyKeys};
use thumbturn_protocol::frame::{AttMtu, Fragmenter, Message, MessageType, Reassembler};
use thumbturn_protocol::full::check_gate;
use thumbturn_protocol::hello::{DoorState, Hello};
use thumbturn_protocol::ids::{ClaimSecret, DoorId, Generation, PropertyId, TagKey};
use thumbturn_protocol::keys::DoorPublicKeys;
use thumbturn_protocol::record::{Record, Records, Side};
use thumbturn_protocol::time::Millis;
use thumbturn_protocol::zone::{UtcOffset, Zone};

use super::ClaimError;
use super::conversation::ClaimConversation;
use crate::conversation::{Conversation, GiveUp, HangUp, Recognition, Step, Written};
use crate::fixture::{BEGIN, Door, Property, TestRandom, seconds};

const DEADLINE: Millis = Millis(15_000);
const MTU: AttMtu = AttMtu::MAXIMUM;

fn secret() -> ClaimSecret {
    ClaimSecret::from_bytes([0x5e; 16])
}

/// A claimer at a door whose every word is the test's.
struct Stage {
    tag_key: TagKey,
    conversation: ClaimConversation,
    random: TestRandom,
    now: Millis,
    nonce: u8,
    reassembler: Reassembler,
}

impl Stage {
    fn new() -> Self {
        let mut random = TestRandom(1);
        let property = Property::new(&mut random);
        let tag_key = TagKey::from_bytes([0x7a; 16]);
        let keys = PropertyKeys {
            property: PropertyId([1; 8]),
            generation: Generation(1),
            root_key: property.root.public(),
            signing_key: property.signing.public(),
            sealing_key: Door::new(&mut random).public.sealing_key,
        };
        let (kind, zone) = (DoorKind::Residence, Zone::fixed(UtcOffset::UTC));
        let configuration =
            DoorConfiguration::new(keys, DoorId([2; 8]), tag_key.clone(), kind, seconds(BEGIN), zone);
        let conversation = ClaimConversation::new(secret(), configuration, DEADLINE);
        Self { tag_key, conversation, random, now: Millis(0), nonce: 0, reassembler: Reassembler::new() }
    }

    fn connect(&mut self) {
        self.conversation.prepare(&mut self.random);
        self.conversation.begin(Recognition::Recognised, self.now);
    }

    fn greet(&mut self, state: DoorState) -> Hello {
        self.nonce += 1;
        let name = match state {
            DoorState::FactoryFresh => secret().tag_key(),
            DoorState::Claimed => self.tag_key.clone(),
        };
        let hello = Hello::new(state, [self.nonce; 12], &name);
        self.conversation.receive(hello.as_bytes(), self.now, &mut self.random);
        hello
    }

    fn written(&mut self) -> Vec<Message> {
        let mut messages = Vec::new();
        loop {
            match self.conversation.poll(MTU, self.now) {
                Step::Write { frame, .. } => {
                    messages.extend(self.reassembler.receive(&frame, |_| Some(1_024)));
                    self.conversation.wrote(Written::Taken, self.now);
                }
                Step::Report(_) | Step::Relax => {}
                Step::Wait { .. } | Step::HangUp(_) | Step::Finished => return messages,
            }
        }
    }

    fn types_written(&mut self) -> Vec<MessageType> {
        self.written().iter().map(|message| message.message_type).collect()
    }

    /// The door answers the claim request that is being written with new keys.
    fn answer(&mut self, hello: &Hello) -> (DoorPublicKeys, Records) {
        let messages = self.written();
        let [request] = messages.as_slice() else { panic!("{messages:?}") };
        assert_eq!(request.message_type, MessageType::ClaimRequest);
        let message = check_gate(&secret().tag_key(), hello, &request.payload).unwrap();
        let ephemeral = Ephemeral::generate(&mut self.random).unwrap();
        let (responder, _) = ClaimResponder::read(&secret(), hello, message, ephemeral).unwrap();
        let keys = Door::new(&mut self.random).public;
        let (answer, session) = responder.answer(&keys).unwrap();
        self.say(MessageType::ClaimAnswer, &answer);
        (keys, Records::new(&session, Side::Door))
    }

    fn say(&mut self, message_type: MessageType, payload: &[u8]) {
        let mut fragmenter = Fragmenter::new(message_type, payload).unwrap();
        while let Some(frame) = fragmenter.next_frame(MTU) {
            self.conversation.receive(&frame, self.now, &mut self.random);
        }
    }

    fn lose(&mut self) {
        self.conversation.lost(self.now);
    }

    /// A claim that is confirmed; the connection ends before the door's last word.
    fn confirm_and_lose(&mut self) -> DoorPublicKeys {
        self.connect();
        let hello = self.greet(DoorState::FactoryFresh);
        let (keys, _) = self.answer(&hello);
        assert_eq!(self.types_written(), [MessageType::Record]);
        self.lose();
        keys
    }
}

#[test]
fn claim_is_confirmed_and_its_keys_are_the_door_s() {
    let mut stage = Stage::new();
    stage.connect();
    let hello = stage.greet(DoorState::FactoryFresh);
    let (keys, mut records) = stage.answer(&hello);
    assert_eq!(stage.types_written(), [MessageType::Record]);
    stage.say(MessageType::Record, &records.seal(&Record::Claimed).unwrap());
    assert_eq!(stage.conversation.result(), Some(Ok(keys)));
}

#[test]
fn lost_last_word_is_told_by_the_next_hello() {
    let mut stage = Stage::new();
    let keys = stage.confirm_and_lose();
    stage.connect();
    stage.greet(DoorState::Claimed);
    assert_eq!(stage.conversation.result(), Some(Ok(keys)));
}

/// Two confirmations under way at once, and nobody could tell which keys a claimed door has.
#[test]
fn claim_is_not_asked_for_again_while_a_confirmation_may_still_be_kept() {
    let mut stage = Stage::new();
    let first = stage.confirm_and_lose();
    stage.now = Millis(500);
    stage.connect();
    // The confirmation hangs in the air: the door is factory-fresh still.
    stage.greet(DoorState::FactoryFresh);
    assert_eq!(stage.types_written(), []);
    // Now it arrives.
    stage.lose();
    stage.connect();
    stage.greet(DoorState::Claimed);
    assert_eq!(stage.conversation.result(), Some(Ok(first)));
}

#[test]
fn claim_is_asked_for_again_once_no_confirmation_can_be_kept() {
    let mut stage = Stage::new();
    stage.confirm_and_lose();
    stage.now = Millis(500);
    stage.connect();
    stage.greet(DoorState::FactoryFresh);
    let until = match stage.conversation.poll(MTU, stage.now) {
        Step::Wait { until } => until,
        other => panic!("{other:?}"),
    };
    assert!(until >= Millis(2_000), "the door's session may live that long: {until:?}");
    stage.now = until;
    assert_eq!(stage.types_written(), [MessageType::HelloRequest]);
    let hello = stage.greet(DoorState::FactoryFresh);
    let (keys, mut records) = stage.answer(&hello);
    assert_eq!(stage.types_written(), [MessageType::Record]);
    stage.say(MessageType::Record, &records.seal(&Record::Claimed).unwrap());
    assert_eq!(stage.conversation.result(), Some(Ok(keys)));
}

#[test]
fn hello_of_another_door_gets_no_claim() {
    let mut stage = Stage::new();
    stage.connect();
    let other = TagKey::from_bytes([3; 16]);
    let hello = Hello::new(DoorState::FactoryFresh, [9; 12], &other);
    stage.conversation.receive(hello.as_bytes(), stage.now, &mut stage.random);
    assert_eq!(stage.types_written(), []);
    assert_eq!(stage.conversation.poll(MTU, stage.now), Step::HangUp(HangUp::WrongDoor));
    assert_eq!(stage.conversation.result(), None::<Result<DoorPublicKeys, ClaimError>>);
}

/// Whoever repeats the door's advertisement can say hello in a version to come (spec §4.5).
#[test]
fn newer_protocol_does_not_end_a_claim_and_is_the_app_s_age_at_the_end() {
    for (door_answers, expected) in [(false, ClaimError::AppTooOld), (true, ClaimError::ConnectionLost)] {
        let mut stage = Stage::new();
        stage.connect();
        let newer = [&[0xc1, 3, 2, 1][..], &[0; 16]].concat();
        stage.conversation.receive(&newer, stage.now, &mut stage.random);
        assert_eq!(stage.conversation.poll(MTU, stage.now), Step::HangUp(HangUp::WrongDoor));
        assert!(stage.conversation.wants_connection());
        stage.lose();
        if door_answers {
            stage.connect();
            stage.greet(DoorState::FactoryFresh);
            assert_eq!(stage.types_written(), [MessageType::ClaimRequest]);
            stage.lose();
        }
        stage.conversation.give_up(GiveUp::ConnectionLost);
        let _ = stage.types_written();
        assert_eq!(stage.conversation.result(), Some(Err(expected)));
    }
}
