//! What a phone hands in.

use thumbturn_protocol::sync::{Handed, Statement};

use crate::office::use_case::authority::take_receipt;
use crate::office::work::Work;
use crate::office::{Error, bulletins, logs};

/// Takes all of it. What does not verify, or belongs to nothing that is known here, will not do so later either: the phone need not
/// bring it again, and learns nothing of why.
pub(super) async fn take(work: &mut Work<'_>, handed: &[Handed]) -> Result<Vec<u64>, Error> {
    let mut taken = Vec::new();
    for handed in handed {
        let result = match &handed.statement {
            Statement::Receipt(receipt) => take_receipt(work, receipt).await.map(drop),
            Statement::LogBatch(batch) => logs::take(work, batch).await,
            Statement::Bulletin(bulletin) => bulletins::take(work, bulletin).await,
            // Of a newer phone: an update of this program may take it.
            _ => continue,
        };
        match result {
            Ok(()) | Err(Error::Invalid(_) | Error::NotFound(_) | Error::Authority(_)) => {
                taken.push(handed.number);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(taken)
}
