//! `probe`: whether a door does what the specification says, also where nobody asks nicely.

use core::time::Duration;

use serde_json::{Value, json};
use thumbturn_phone::unlock::UnlockError;

use super::Workplace;
use crate::arguments::Probe;
use crate::failure::Failure;
use crate::probe::{CASES, Case, Deviation, Needs, Subject, Verdict};
use crate::radio::{Air, PhoneRadio};

/// A case that takes longer does not end: the longest waits three times for a token of ten seconds.
const LONGEST: Duration = Duration::from_secs(60);
/// Tries of a case under which the link fails.
const TRIES: u32 = 3;

/// Tries all cases, or those whose names were given.
pub(crate) async fn run(workplace: &Workplace, asked: &Probe) -> Result<(), Failure> {
    let property = workplace.state.property()?;
    let door = workplace.state.door(asked.door.as_deref())?;
    let name = door.name.clone();
    let wanted: Vec<_> = CASES.iter().filter(|case| asked.wants(case.name)).collect();
    if wanted.is_empty() {
        let names: Vec<_> = CASES.iter().map(|case| case.name).collect();
        let next = format!("give the beginning of one of: {}", names.join(", "));
        return Err(Failure::new("no-such-case", "no case has such a name", next));
    }
    let air = workplace.air().await?;
    let PhoneRadio { link, timeline } = air.phone();
    let subject = Subject::new(link, property, door, asked.secret)?;
    // A door that is not there fails no case.
    if !subject.is_heard().await {
        return Err(Failure::from(UnlockError::NotInRange).because(timeline.take_trouble().as_ref()));
    }
    let bar = workplace.screen.bar(u64::try_from(wanted.len()).unwrap_or(0), "cases");
    let (mut passed, mut failed, mut left_out) = (0_u32, 0_u32, 0_u32);
    for case in wanted {
        bar.set_message(case.name);
        if !is_possible(case, &air, asked) {
            left_out += 1;
            bar.suspend(|| workplace.screen.tell(&impossible(case), &facts(case, None)));
            continue;
        }
        let verdict = tried(case, &subject).await;
        if verdict.is_ok() {
            passed += 1;
        } else {
            failed += 1;
        }
        bar.suspend(|| workplace.screen.tell(&line(case, &verdict), &facts(case, Some(&verdict))));
        bar.inc(1);
        if verdict.is_err() && !subject.is_heard().await {
            bar.finish_and_clear();
            let what = format!("{name} is not heard any more since the case {}", case.name);
            let next = "find out whether the case stopped the door, then run the probe again";
            return Err(Failure::new("not-in-range", what, next));
        }
    }
    bar.finish_and_clear();
    let radio = air.name();
    workplace.screen.tell(
        &format!("{name}: {passed} passed, {failed} failed, {left_out} not possible so, over the {radio}"),
        &json!({
            "command": "probe", "door": name, "passed": passed, "failed": failed, "not_possible": left_out,
        }),
    );
    if failed == 0 {
        return Ok(());
    }
    let next = "read the paragraphs of docs/spec that the failed cases name, and mend the door";
    Err(Failure::new("not-conforming", format!("{name} failed {failed} cases"), next))
}

/// Tries a case; again when the link failed under it, as radios do. A door that breaks links breaks them each time.
async fn tried(case: &Case, subject: &Subject) -> Verdict {
    let mut tries = TRIES;
    loop {
        tries -= 1;
        let tried = tokio::time::timeout(LONGEST, (case.run)(subject)).await;
        subject.clear().await;
        match tried.unwrap_or_else(|_| Err(Deviation::new("a case that ends", "none within a minute"))) {
            Err(deviation) if deviation.is_of_link && tries > 0 => {}
            verdict => return verdict,
        }
    }
}

const fn is_possible(case: &Case, air: &Air, asked: &Probe) -> bool {
    match case.needs {
        Needs::AnyRadio => true,
        Needs::EmptyValues => !air.is_shared(),
        Needs::SeveralConnections | Needs::NoSubscription => air.is_shared(),
        Needs::ClaimSecret => asked.secret.is_some(),
    }
}

fn line(case: &Case, verdict: &Verdict) -> String {
    let Case { name, section, .. } = case;
    match verdict {
        Ok(()) => format!("pass  {name:32} §{section}"),
        Err(deviation) => {
            format!("FAIL  {name:32} §{section}: expected {}, got {}", deviation.expected, deviation.got)
        }
    }
}

fn impossible(case: &Case) -> String {
    let why = match case.needs {
        Needs::ClaimSecret => "give the claim secret of its label with --secret",
        _ => "this radio cannot say it",
    };
    format!("      {:32} §{}: {why}", case.name, case.section)
}

fn facts(case: &Case, verdict: Option<&Verdict>) -> Value {
    let deviation = verdict.and_then(|verdict| verdict.as_ref().err());
    json!({
        "case": case.name, "section": case.section, "passed": verdict.map(Result::is_ok),
        "expected": deviation.map(|deviation| &deviation.expected), "got": deviation.map(|deviation| &deviation.got),
    })
}
