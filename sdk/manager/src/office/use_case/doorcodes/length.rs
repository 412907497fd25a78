//! How many digits the doorcodes of flats have.

use std::collections::BTreeSet;

use serde_json::json;
use thumbturn_protocol::code::CodeLength;

use crate::office::model::DoorType;
use crate::office::notification::Notice;
use crate::office::permission::Need;
use crate::office::task::{DoorTask, Reason};
use crate::office::use_case::UseCase;
use crate::office::use_case::sealed::Sealed;
use crate::office::work::Work;
use crate::office::{Error, lists, store};

/// Sets the length of the doorcodes of flats; all others keep 7 digits. With more digits all of them are made anew. With fewer, those that
/// are there live on until their holders, who are told, reset them. Whether the devices take it is for the host to ask before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetResidenceCodeLength {
    /// From now on.
    pub length: CodeLength,
}

/// What follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LengthSet {
    /// How many people are asked to reset theirs.
    pub told: usize,
    /// Doors that somebody has to update.
    pub tasks: Vec<DoorTask>,
}

impl Sealed for SetResidenceCodeLength {}

impl UseCase for SetResidenceCodeLength {
    type Answer = LengthSet;
    const NAME: &'static str = "set doorcode length";

    fn need(&self) -> Need {
        Need::FullKeys
    }

    async fn run(&self, work: &mut Work<'_>) -> Result<LengthSet, Error> {
        let (property, before) = (work.property(), work.property.residence_code_length);
        store::code::set_residence_length(work.connection(), property, self.length).await?;
        work.view.property.residence_code_length = self.length;
        let digits = self.length.digits();
        let residence = DoorType::Residence;
        let holders = store::code::holders(work.connection(), property, residence, digits).await?;
        if self.length > before {
            let now = work.now;
            store::code::retire_all(work.connection(), property, (residence, digits), now).await?;
            let tasks = lists::reconcile(work, &holders, Some(Reason::CodeReset)).await?;
            return Ok(LengthSet { told: 0, tasks });
        }
        let told = if self.length < before { self.tell(work, &holders).await? } else { 0 };
        Ok(LengthSet { told, tasks: Vec::new() })
    }
}

impl SetResidenceCodeLength {
    async fn tell(
        &self,
        work: &mut Work<'_>,
        holders: &BTreeSet<thumbturn_protocol::ids::HolderId>,
    ) -> Result<usize, Error> {
        let property = work.property();
        for holder in holders {
            if let Some(account) = store::person::account(work.connection(), property, *holder).await? {
                let content = json!({ "digits": self.length.digits() });
                work.notify(account, Notice::DoorcodeResetAsked, &content).await?;
            }
        }
        Ok(holders.len())
    }
}
