//! Taps with what follows them: the phone delivers and collects while the person walks in.

use core::time::Duration;

use thumbturn_phone::courier::CourierEvent;
use thumbturn_simulator::building::{BuildingDoor, Delivery, Resident, Visit};
use thumbturn_simulator::radio::place::Place;

use super::{PAUSE, Story, StoryError, describe};
use crate::step::{Behind, Counts, milliseconds};

/// Out of reach of every door.
const FAR: Place = Place::metres(500, 500);

/// A visit as it is told.
pub(super) struct Telling {
    pub(super) title: &'static str,
    pub(super) expected: &'static str,
}

/// What happens between the opening and the delivery.
#[derive(Clone, Copy)]
pub(super) enum Meanwhile {
    /// Nothing: the person stays for a while.
    Stays,
    /// The person is out of reach after so long.
    LeavesAfter(Duration),
    /// The door's power fails in the middle of a flash write, after so many more.
    PowerFailsAfter(u64),
}

impl Story {
    /// A phone is online for a moment.
    pub(super) fn online(&self, person: &Resident) -> Result<(), StoryError> {
        self.desk.sync(person)?;
        Ok(())
    }

    /// The office knows from the door's own receipt that it has everything: nobody needs to go there.
    pub(super) fn check_settled(&self, step: &'static str, door: &BuildingDoor) -> Result<(), StoryError> {
        if !self.desk.has_task(door.id())? {
            return Ok(());
        }
        let (expected, got) = ("a receipt that closes the door's task", "an open task".into());
        Err(StoryError::Unexpected { step, expected, got })
    }

    /// A person taps, and the phone delivers behind the opening; the story checks what comes of both.
    pub(super) fn visit(
        &mut self,
        telling: &Telling,
        person: &Resident,
        door: &BuildingDoor,
        meanwhile: Meanwhile,
        fits: impl Fn(&Visit, &Delivery) -> bool,
    ) -> Result<Delivery, StoryError> {
        let before = door.door().bolt_movements().len();
        let (visit, delivery) =
            self.building.unlock_and_deliver(person, door, || self.arrange(person, door, meanwhile))?;
        let moves = door.door().bolt_movements().len() - before;
        let outcome = describe(&visit);
        let unexpected =
            |got| StoryError::Unexpected { step: telling.title, expected: telling.expected, got };
        let Some(delivery) = delivery else { return Err(unexpected(outcome)) };
        if !fits(&visit, &delivery) {
            return Err(unexpected(format!(
                "{outcome}; {}; {:?}",
                facts(&delivery).join(", "),
                delivery.end()
            )));
        }
        let action = format!("{} taps at {}", person.name(), door.name());
        self.note(telling.title, action, outcome, Counts::of_visit(&visit, moves));
        self.behind(&delivery);
        self.building.world().run_for(PAUSE);
        Ok(delivery)
    }

    /// Tells with the newest step what was brought and taken along.
    pub(super) fn behind(&mut self, delivery: &Delivery) {
        let facts = facts(delivery);
        if let Some(step) = self.steps.last_mut().filter(|_| !facts.is_empty()) {
            let (bytes, milliseconds) =
                (delivery.trace().application_bytes(), milliseconds(delivery.duration()));
            step.behind = Some(Behind { facts, bytes, milliseconds });
        }
    }

    fn arrange(&self, person: &Resident, door: &BuildingDoor, meanwhile: Meanwhile) {
        let world = self.building.world();
        match meanwhile {
            Meanwhile::Stays => {}
            Meanwhile::LeavesAfter(time) => {
                let phone = person.phone().clone();
                world.at(world.now().plus(time), move |_| phone.stand(FAR));
            }
            Meanwhile::PowerFailsAfter(writes) => {
                door.door().cut_power_after(writes, thumbturn_simulator::nor::Moment::Middle);
            }
        }
    }
}

/// Whether a delivery did something.
pub(super) fn has(delivery: &Delivery, what: impl Fn(&CourierEvent) -> bool) -> bool {
    delivery.events().iter().any(what)
}

/// What a delivery came to, one fact each.
pub(super) fn facts(delivery: &Delivery) -> Vec<String> {
    let mut facts = Vec::new();
    let mut events: u32 = 0;
    for event in delivery.events() {
        match event {
            CourierEvent::RotationDelivered { .. } => facts.push("new keys brought".to_owned()),
            CourierEvent::BulletinDelivered { .. } => facts.push("bulletin brought".to_owned()),
            CourierEvent::BulletinCollected { .. } => facts.push("bulletin taken along".to_owned()),
            CourierEvent::TimeDelivered => facts.push("time told".to_owned()),
            CourierEvent::Updated { .. } => facts.push("update applied".to_owned()),
            CourierEvent::UpdateRefused { .. } => facts.push("update refused".to_owned()),
            CourierEvent::ReceiptCollected { .. } => facts.push("receipt taken along".to_owned()),
            CourierEvent::Acknowledged { sequence } => {
                facts.push(format!("events up to {} freed", sequence.0));
            }
            CourierEvent::LogsCollected { count, .. } => events = events.saturating_add(u32::from(*count)),
            _ => {}
        }
    }
    let is_updated = has(delivery, |event| matches!(event, CourierEvent::Updated { .. }));
    if let Some(percent) = delivery.percent().filter(|_| !is_updated) {
        facts.push(format!("update at {percent} %"));
    }
    if events > 0 {
        facts.push(format!("{events} events taken along"));
    }
    facts
}
