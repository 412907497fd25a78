//! `settings`.

use serde_json::{Value, json};
use thumbturn_manager::office::model::Retention;
use thumbturn_manager::office::use_case::settings::{ChangeSettings, Lease, PropertySettings, Settings};

use crate::arguments::SettingsChange;
use crate::delay::{length, seconds};
use crate::desk::PropertyDesk;
use crate::failure::Failure;

/// Changes what was named, and shows what the property is set to then.
pub(super) async fn run(desk: &PropertyDesk, wanted: &SettingsChange) -> Result<(), Failure> {
    let retention = if wanted.new_york_city {
        Some(Retention::NewYorkCity)
    } else {
        wanted.retention.map(Retention::Days)
    };
    let change = ChangeSettings {
        lease_days: wanted.lease,
        staff_lease_days: wanted.staff_lease,
        preload_days: wanted.preload,
        retention,
        couriers: wanted.couriers,
        round_days: wanted.round,
        consent_version: wanted.consent,
    };
    let settings = if change == ChangeSettings::default() {
        desk.ask(&PropertySettings).await?
    } else {
        desk.perform(&change).await?
    };
    tell(desk, &settings);
    Ok(())
}

fn tell(desk: &PropertyDesk, settings: &Settings) {
    let lease = |lease: &Lease| {
        format!("{} days; a door refuses a revoked phone within {}", lease.days, length(lease.revoked_within))
    };
    let refused = settings.cards_and_codes.map_or_else(
        || "when it has heard: nobody has to come by".to_owned(),
        |bound| format!("within {}", length(bound)),
    );
    let round = settings.round_days.map_or_else(|| "none".to_owned(), |days| format!("every {days} days"));
    let consent = settings.consent_version.map_or_else(
        || "not needed".to_owned(),
        |version| format!("to version {version} of the text, before anything goes to a lock"),
    );
    let couriers = if settings.couriers { "yes" } else { "no" };
    let sentence = format!(
        "Lease of residents and guests: {}.\nLease of staff: {}.\nRounds of staff: {round}; a door refuses a revoked card or code {refused}.\n\
         Phones deliver at doors that they may not open: {couriers}.\nDoors may be updated {} days ahead.\nActivity is kept for {} days. Consent: {consent}.",
        lease(&settings.lease),
        lease(&settings.staff_lease),
        settings.preload_days,
        settings.retention_days,
    );
    let of_lease = |lease: &Lease| -> Value {
        json!({ "days": lease.days, "revoked_within_seconds": seconds(lease.revoked_within) })
    };
    let facts = json!({
        "lease": of_lease(&settings.lease), "staff_lease": of_lease(&settings.staff_lease),
        "cards_and_codes_revoked_within_seconds": settings.cards_and_codes.and_then(seconds),
        "round_days": settings.round_days, "couriers": settings.couriers,
        "preload_days": settings.preload_days, "retention_days": settings.retention_days,
        "consent_version": settings.consent_version,
    });
    desk.screen().tell(&sentence, &json!({ "settings": facts }));
}
