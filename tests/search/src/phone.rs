//! What the phone and the person who holds it can do (§8.3).

use crate::action::{Next, Path};
use crate::apply::Step;
use crate::operation::Operation;
use crate::rules::Rules;
use crate::state::{
    Answer, Connection, HELLO_LIFE, Held, Hello, INTENTS, Intent, PHONE_MARGIN, PRESSES, Phase, Phone,
    Reported, State, Vault,
};
use crate::violation::Violation;

pub(crate) fn tap(state: &State, rules: &Rules) -> Step {
    let intent = state.phone.intents;
    if state.phone.phase != Phase::Idle || usize::from(intent) >= INTENTS {
        return Step::Disabled;
    }
    let mut next = *state;
    let phone = &mut next.phone;
    phone.phase = Phase::Active;
    phone.intent = intent;
    phone.intents += 1;
    phone.operation = reserve(&mut phone.vault, intent, rules);
    set_intent(&mut next, intent, Intent::default());
    Step::To(next)
}

/// §8.1: the id of the press reserved for this intent, or random bytes.
fn reserve(vault: &mut Vault, intent: u8, rules: &Rules) -> Operation {
    match vault.ticket {
        Some(ticket) if vault.press < PRESSES => {
            let press = vault.press + 1;
            if rules.press_persisted {
                vault.press = press;
            }
            Operation::Pressed { ticket, press }
        }
        Some(_) | None => Operation::Random { intent, draw: 0 },
    }
}

pub(crate) fn connect(state: &State, rules: &Rules, side: u8) -> Step {
    if state.phone.phase != Phase::Active || state.phone.attached.is_some() {
        return Step::Disabled;
    }
    // An abandoned connection in this place ends: what was on its way there is lost.
    let mut next = *state;
    push_hello(&mut next, rules, side);
    Step::To(next)
}

/// The door pushes a hello on its connection `side`, which voids the one before, and the phone's connection brings it at once.
/// A hello that takes longer is older at the door and no younger at the phone: nothing can happen that cannot happen so.
pub(crate) fn push_hello(next: &mut State, rules: &Rules, side: u8) {
    *next.connection_mut(side) = Connection { hello: Hello::Live, ..Connection::default() };
    let phone = &mut next.phone;
    phone.leave(side);
    // Only the newest hello is answered.
    let before = phone.held_mut(1 - side);
    before.left = before.remaining();
    if before.left == 0 && phone.wait == 0 {
        phone.drifted = false;
    }
    let left = HELLO_LIFE + if rules.phone_waits_longer { PHONE_MARGIN } else { 0 };
    *phone.held_mut(side) = Held { left, ..Held::default() };
    phone.attached = Some(side);
}

pub(crate) fn send(state: &State, rules: &Rules, path: Path) -> Step {
    let Some(side) = state.phone.attached else { return Step::Disabled };
    if !may_send(&state.phone, side, path) {
        return Step::Disabled;
    }
    let mut next = *state;
    let phone = &mut next.phone;
    // What came under the other hello may be answered yet, whether or not the phone still waits for that.
    let relayed = phone.relayed;
    let before = phone.held_mut(1 - side);
    before.followed = relayed;
    let earlier = if rules.answer_settles_its_hello { before.remaining() } else { 0 };
    let overtakes = phone.wait.max(earlier) > 0;
    let held = phone.held_mut(side);
    if !held.is_asked() {
        held.doubtful = overtakes;
    }
    match path {
        Path::Fast => held.sent_fast = true,
        Path::Full => held.sent_full = true,
    }
    let draws = path == Path::Full && !rules.shared_operation_id;
    if draws {
        phone.draws += 1;
    }
    let Phone { intent, operation, draws: draw, .. } = *phone;
    let connection = next.connection_mut(side);
    if connection.hello == Hello::Live {
        connection.intent = intent;
        connection.operation = operation;
        match path {
            Path::Fast => connection.fast_in_flight = true,
            Path::Full => connection.full_in_flight = true,
        }
        if draws {
            connection.draw = draw;
        }
    }
    Step::To(next)
}

fn may_send(phone: &Phone, side: u8, path: Path) -> bool {
    let held = phone.held(side);
    if phone.phase != Phase::Active || held.left == 0 || held.sent_full {
        return false;
    }
    match path {
        Path::Full => phone.draws < 3,
        Path::Fast => {
            !held.sent_fast
                && phone.operation.ticket().is_some()
                && phone.operation.ticket() == phone.vault.ticket
        }
    }
}

pub(crate) fn ask_hello(state: &State, rules: &Rules) -> Step {
    let Some(side) = state.phone.attached else { return Step::Disabled };
    let connection = state.connection(side);
    let ended = connection.hello == Hello::Closed;
    if state.phone.phase != Phase::Active || ended || connection.verified.is_some() {
        return Step::Disabled;
    }
    let mut next = *state;
    push_hello(&mut next, rules, side);
    Step::To(next)
}

pub(crate) fn abandon(state: &State) -> Step {
    if state.phone.attached.is_none() {
        return Step::Disabled;
    }
    let mut next = *state;
    next.phone.detach();
    Step::To(next)
}

pub(crate) fn give_up(state: &State, rules: &Rules) -> Step {
    if state.phone.phase != Phase::Active {
        return Step::Disabled;
    }
    if !state.phone.has_unanswered() {
        return report(*state, Reported::NotOpened);
    }
    if !rules.failure_waits {
        return report(*state, Reported::Unknown);
    }
    let mut next = *state;
    next.phone.phase = Phase::Ending;
    Step::To(next)
}

pub(crate) fn cancel_at_once(state: &State, rules: &Rules) -> Step {
    if rules.cancel_waits || state.phone.phase != Phase::Active || !state.phone.has_unanswered() {
        return Step::Disabled;
    }
    report(*state, Reported::NotOpened)
}

pub(crate) fn report_end(state: &State) -> Step {
    if state.phone.remaining() > 0 {
        return Step::Disabled;
    }
    match state.phone.phase {
        Phase::Idle | Phase::Active => Step::Disabled,
        Phase::Ending => report(*state, Reported::Unknown),
        Phase::EndingRefused => report(*state, Reported::NotOpened),
    }
}

/// Tells the person, and is idle again.
fn report(mut next: State, reported: Reported) -> Step {
    let Some(intent) = next.intents.get_mut(usize::from(next.phone.intent)) else { return Step::Disabled };
    if intent.reported != Reported::Nothing {
        return Step::Breach(Violation::TwoOutcomes);
    }
    if reported == Reported::Opened && !intent.moved {
        return Step::Breach(Violation::OpenedWithoutMove);
    }
    if reported == Reported::NotOpened && intent.moved {
        return Step::Breach(Violation::NotOpenedThoughMoved);
    }
    intent.reported = reported;
    next.phone = idle(&next.phone);
    Step::To(next)
}

/// What is left when the operation or the process is over.
fn idle(phone: &Phone) -> Phone {
    Phone { vault: phone.vault, copy: phone.copy, intents: phone.intents, ..Phone::default() }
}

pub(crate) fn receive_answer(state: &State, rules: &Rules, side: u8, keep_ticket: bool, then: Next) -> Step {
    if !state.phone.hears(side) {
        return Step::Disabled;
    }
    let Connection { answer, offered, .. } = *state.connection(side);
    let refused = matches!(answer, Answer::Refused | Answer::Denied);
    let asks_again = then == Next::AskAgain;
    if answer == Answer::None
        || (keep_ticket && offered.is_none())
        || (asks_again && !(refused && state.phone.phase == Phase::Active))
    {
        return Step::Disabled;
    }
    let mut next = *state;
    let connection = next.connection_mut(side);
    connection.answer = Answer::None;
    connection.offered = None;
    if keep_ticket {
        next.phone.vault = Vault { ticket: offered, press: 0 };
    } else if !rules.press_persisted {
        persist_late(&mut next.phone);
    }
    match answer {
        Answer::None => Step::Disabled,
        Answer::Accepted | Answer::AlreadyDone => report(next, Reported::Opened),
        // The door knows the operation: nothing can execute it any more.
        Answer::OutcomeUnknown => report(next, Reported::Unknown),
        Answer::Refused | Answer::Denied => refusal(next, rules, side, then, keep_ticket),
    }
}

/// The broken order of §6.2: the press is stored with the answer.
fn persist_late(phone: &mut Phone) {
    if let Operation::Pressed { ticket, press } = phone.operation
        && phone.vault.ticket == Some(ticket)
    {
        phone.vault.press = phone.vault.press.max(press);
    }
}

fn refusal(mut next: State, rules: &Rules, side: u8, then: Next, new_ticket: bool) -> Step {
    let phone = &mut next.phone;
    let settled = settle(phone, rules, side);
    if then == Next::AskAgain {
        if new_ticket && !rules.id_outlives_ticket {
            phone.operation = reserve(&mut phone.vault, phone.intent, rules);
        }
        return Step::To(next);
    }
    let believes_too_early = !rules.refusal_needs_quiet
        || (!rules.refusal_waits_for_later && settled.followed && !settled.doubtful);
    if believes_too_early {
        phone.phase = Phase::EndingRefused;
    } else if !(settled.doubtful || settled.followed) || !phone.has_unanswered() {
        return report(next, Reported::NotOpened);
    } else {
        phone.phase = Phase::Ending;
    }
    Step::To(next)
}

/// The hello of connection `side` is spent, so nothing that was sent under it can be executed. Requests under earlier hellos
/// can, unless those had died before the refused request was sent; later ones can. Gives what the phone knew of that hello.
fn settle(phone: &mut Phone, rules: &Rules, side: u8) -> Held {
    let settled = core::mem::take(phone.held_mut(side));
    let knows_all_before = !settled.doubtful && rules.refusal_needs_quiet;
    if knows_all_before {
        phone.sent = false;
    }
    let before = phone.held_mut(1 - side);
    if core::mem::take(&mut before.followed) && (knows_all_before || !rules.answer_settles_its_hello) {
        *before = Held::default();
    }
    settled
}

pub(crate) fn believe_not_accepted(state: &State, rules: &Rules) -> Step {
    if rules.not_accepted_proves_nothing
        || state.phone.phase != Phase::Active
        || !state.phone.has_unanswered()
    {
        return Step::Disabled;
    }
    let mut next = *state;
    next.phone.phase = Phase::EndingRefused;
    Step::To(next)
}

pub(crate) fn receive_foreign_answer(state: &State, rules: &Rules) -> Step {
    let Some(side) = state.phone.attached else { return Step::Disabled };
    let waiting = state.phone.held(side).is_asked();
    let other = 1 - side;
    if rules.answer_bound_to_request || !waiting || state.connection(other).answer != Answer::Accepted {
        return Step::Disabled;
    }
    report(*state, Reported::Opened)
}

pub(crate) fn power_cut(state: &State) -> Step {
    if state.phone.phase == Phase::Idle {
        return Step::Disabled;
    }
    let mut next = *state;
    next.phone = idle(&next.phone);
    Step::To(next)
}

pub(crate) fn copy_vault(state: &State, rules: &Rules) -> Step {
    if rules.restored_vault_detected || state.phone.copy.is_some() {
        return Step::Disabled;
    }
    let mut next = *state;
    next.phone.copy = Some(next.phone.vault);
    Step::To(next)
}

pub(crate) fn restore_vault(state: &State, rules: &Rules) -> Step {
    let mut next = *state;
    next.phone = idle(&next.phone);
    if rules.restored_vault_detected {
        // What the copy holds does not matter: its tickets are dropped.
        next.phone.vault = Vault::default();
    } else if let Some(copy) = state.phone.copy {
        next.phone.vault = copy;
    } else {
        return Step::Disabled;
    }
    Step::To(next)
}

fn set_intent(state: &mut State, name: u8, value: Intent) {
    if let Some(intent) = state.intents.get_mut(usize::from(name)) {
        *intent = value;
    }
}
