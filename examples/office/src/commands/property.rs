//! `property`.

use std::collections::BTreeSet;

use serde_json::json;
use thumbturn_manager::ids::PortfolioId;
use thumbturn_manager::office::model::Name;
use thumbturn_manager::office::use_case::portfolio::PropertyDraft;

use crate::arguments::Property;
use crate::clock;
use crate::desk::Desk;
use crate::entropy::SystemRandom;
use crate::failure::Failure;
use crate::hexadecimal::{bytes, digits};

pub(super) async fn run(desk: &Desk, wanted: &Property) -> Result<(), Failure> {
    match wanted {
        Property::Open { name, portfolio, zone, retention } => {
            clock::zone(zone)?;
            let (name, zone) = (Name::parse(name)?, zone.clone());
            let draft = PropertyDraft { name, zone, retention_days: *retention };
            open(desk, portfolio.as_deref(), &draft).await
        }
        Property::List => list(desk).await,
    }
}

async fn open(desk: &Desk, portfolio: Option<&str>, draft: &PropertyDraft) -> Result<(), Failure> {
    let portfolio = match portfolio {
        Some(text) => bytes(text).map(PortfolioId).ok_or_else(which_portfolio)?,
        None => only_portfolio(desk).await?,
    };
    let now = clock::time_of_day();
    let property = desk.office.open_property(desk.actor, portfolio, draft, now, &mut SystemRandom).await?;
    let property = digits(&property.0);
    let facts = json!({ "property": property, "name": draft.name.as_str() });
    desk.screen.tell(&format!("{} is property {property}.", draft.name), &facts);
    Ok(())
}

async fn only_portfolio(desk: &Desk) -> Result<PortfolioId, Failure> {
    let properties = desk.office.properties(desk.actor).await?;
    let portfolios: BTreeSet<_> = properties.iter().map(|line| line.portfolio).collect();
    match portfolios.first() {
        Some(portfolio) if portfolios.len() == 1 => Ok(*portfolio),
        _ => Err(which_portfolio()),
    }
}

fn which_portfolio() -> Failure {
    Failure::new(
        "which-portfolio",
        "it is not clear which portfolio is meant",
        "say --portfolio with the 32 digits that `found` named",
    )
}

async fn list(desk: &Desk) -> Result<(), Failure> {
    for line in desk.office.properties(desk.actor).await? {
        let (property, portfolio) = (digits(&line.property.0), digits(&line.portfolio.0));
        let facts =
            json!({ "property": property, "portfolio": portfolio, "name": line.name, "zone": line.zone });
        desk.screen.tell(&format!("{property}  {}  ({})", line.name, line.zone), &facts);
    }
    Ok(())
}
