//! From an empty database, or that of an older program, to the newest schema. Steps are numbered and never edited.

use sqlx_core::any::Any;
use sqlx_core::executor::Executor;
use sqlx_core::pool::Pool;

use super::StoreError;
use super::statement::sql;

/// Step *n* leads to schema *n*.
const STEPS: &[&str] = &[
    include_str!("migrations/0001_beginning.sql"),
    include_str!("migrations/0002_imports.sql"),
    include_str!("migrations/0003_guests_and_cards.sql"),
    include_str!("migrations/0004_authority.sql"),
    include_str!("migrations/0005_sync.sql"),
    include_str!("migrations/0006_activity.sql"),
    include_str!("migrations/0007_settings.sql"),
    include_str!("migrations/0008_scale.sql"),
];

/// Each step is a transaction, so that a crash leaves the schema before or the one after. Several hosts may come at once: the first takes
/// the number of the step, and the others wait for it there.
pub(super) async fn run(pool: &Pool<Any>) -> Result<(), StoreError> {
    // Two hosts that make this very table at once meet in the catalogue of Postgres, where one of them fails.
    let made = pool.execute(TABLE).await;
    if made.is_err() {
        pool.execute(TABLE).await?;
    }
    let known = u32::try_from(STEPS.len()).unwrap_or(u32::MAX);
    for (number, step) in (1_u32..).zip(STEPS) {
        let mut transaction = pool.begin().await?;
        let taken = sql("INSERT INTO migration (number) VALUES ($1) ON CONFLICT (number) DO NOTHING")
            .with(number)
            .run(&mut transaction)
            .await?;
        if taken == 1 {
            transaction.execute(*step).await?;
        }
        transaction.commit().await?;
    }
    let mut transaction = pool.begin().await?;
    let newest = sql("SELECT MAX(number) AS newest FROM migration").one(&mut transaction).await?;
    let found: u32 = newest.ok_or(StoreError::Damaged("migration"))?.get("newest")?;
    if found > known { Err(StoreError::SchemaTooNew { found, known }) } else { Ok(()) }
}

/// The schema of this program.
#[cfg(feature = "testing")]
pub(crate) fn newest() -> usize {
    STEPS.len()
}

/// What a newer program leaves behind.
#[cfg(feature = "testing")]
pub(crate) async fn claim(store: &super::Store, number: u32) -> Result<(), StoreError> {
    let mut transaction = store.begin().await?;
    sql("INSERT INTO migration (number) VALUES ($1)").with(number).run(&mut transaction).await?;
    Ok(transaction.commit().await?)
}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS migration (number BIGINT NOT NULL PRIMARY KEY)";
