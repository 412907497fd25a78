//! `keys`.

use std::fs;
use std::path::Path;

use serde_json::json;
use thumbturn_manager::office::use_case::authority::{MakeKeys, PrepareRotation, TakeRotation};
use thumbturn_protocol::keys::VerifyingKey;

use crate::arguments::Keys;
use crate::desk::PropertyDesk;
use crate::failure::Failure;
use crate::hexadecimal::{self, digits};

pub(super) async fn run(desk: &PropertyDesk, wanted: &Keys) -> Result<(), Failure> {
    match wanted {
        Keys::Make { root } => make(desk, root).await,
        Keys::Rotate { output } => rotate(desk, output).await,
        Keys::Announce { file } => announce(desk, file).await,
    }
}

async fn make(desk: &PropertyDesk, root: &str) -> Result<(), Failure> {
    let root = hexadecimal::bytes(root).ok_or_else(|| {
        Failure::new("invalid", "a public key has 64 digits", "name the one that `root new` has named")
    })?;
    let keys = desk.perform(&MakeKeys { root_key: VerifyingKey(root) }).await?;
    let (root, signing) = (digits(&keys.root_key.0), digits(&keys.signing_key.0));
    let generation = keys.generation.0;
    let sentence = format!("Generation {generation} signs with {signing}, under the root {root}.");
    desk.screen().tell(&sentence, &json!({ "generation": generation, "signing_key": signing, "root": root }));
    Ok(())
}

async fn rotate(desk: &PropertyDesk, output: &Path) -> Result<(), Failure> {
    let draft = desk.perform(&PrepareRotation { previous_until: None }).await?;
    let text = serde_json::to_string(&draft).map_err(|_| {
        Failure::new("draft", "the rotation cannot be written", "report this: it is a defect of this program")
    })?;
    fs::write(output, text).map_err(|error| Failure::of_file(output, &error))?;
    let generation = draft.generation.0;
    let sentence = format!(
        "Generation {generation} waits. Bring {} to the root, and what it signs back with `keys announce`.",
        output.display()
    );
    desk.screen().tell(&sentence, &json!({ "generation": generation, "draft": output }));
    Ok(())
}

async fn announce(desk: &PropertyDesk, file: &Path) -> Result<(), Failure> {
    let text = fs::read_to_string(file).map_err(|error| Failure::of_file(file, &error))?;
    let announcement = hexadecimal::any_bytes(text.trim()).ok_or_else(|| {
        Failure::new("draft", "this is no signed rotation", "bring the file that `root sign` has written")
    })?;
    desk.perform(&TakeRotation { announcement }).await?;
    desk.screen()
        .tell("The new keys are in use. Phones bring the word to doors.", &json!({ "announced": true }));
    Ok(())
}
