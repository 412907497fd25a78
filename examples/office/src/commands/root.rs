//! `root`: for a machine without a network. It reads no store.

use std::fs;
use std::path::Path;

use serde_json::json;
use thumbturn_protocol::keys::SigningKeyPair;
use thumbturn_protocol::rotation::KeyRotation;
use thumbturn_protocol::signed::Signable as _;

use crate::arguments::Root;
use crate::failure::Failure;
use crate::hexadecimal::digits;
use crate::screen::Screen;
use crate::secret_file;

pub(super) fn run(screen: Screen, wanted: &Root) -> Result<(), Failure> {
    match wanted {
        Root::New { file } => new(screen, file),
        Root::Sign { key, draft, output } => sign(screen, (key, draft), output),
    }
}

fn new(screen: Screen, file: &Path) -> Result<(), Failure> {
    if !secret_file::make(file)? {
        let what = format!("{} is there already", file.display());
        return Err(Failure::new(
            "file",
            what,
            "a root key is made once: name another file for another portfolio",
        ));
    }
    let public = digits(&root(file)?.public().0);
    screen.tell(&format!("{public} is the public key of this root."), &json!({ "root": public }));
    Ok(())
}

fn sign(screen: Screen, (key, draft): (&Path, &Path), output: &Path) -> Result<(), Failure> {
    let text = fs::read_to_string(draft).map_err(|error| Failure::of_file(draft, &error))?;
    let draft: KeyRotation = serde_json::from_str(&text).map_err(|_| {
        Failure::new("draft", "this is no rotation of keys", "bring the file that `keys rotate` has written")
    })?;
    let signed = draft.sign(&root(key)?).map_err(|_| {
        Failure::new("draft", "no door would take this rotation", "make another with `keys rotate`")
    })?;
    fs::write(output, digits(signed.as_bytes())).map_err(|error| Failure::of_file(output, &error))?;
    let (property, generation) = (digits(&draft.property.0), draft.generation.0);
    let sentence = format!("Signed generation {generation} of property {property}.");
    screen.tell(&sentence, &json!({ "property": property, "generation": generation }));
    Ok(())
}

fn root(file: &Path) -> Result<SigningKeyPair, Failure> {
    let secret = secret_file::read(file, "make one with `root new`, or restore it from its copy")?;
    Ok(SigningKeyPair::from_secret(*secret))
}
