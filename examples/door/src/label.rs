//! The claim secret on the door's label.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::private;

/// Why there is no claim secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LabelError {
    #[error("--label is no claim secret: give 32 hexadecimal digits")]
    Malformed,
    #[error("{} holds no claim secret: restore it, or give the door's with --label", path.display())]
    MalformedFile { path: PathBuf },
    #[error("{}: {error}", path.display())]
    File { path: PathBuf, error: io::Error },
    #[error("no random numbers: {0}")]
    Random(getrandom::Error),
}

/// The one that was given, or that of the file `FLASH.label`, which is drawn and written when there is none.
pub(crate) fn secret(given: Option<&str>, flash: &Path) -> Result<[u8; 16], LabelError> {
    if let Some(given) = given {
        return parse_hexadecimal(given).ok_or(LabelError::Malformed);
    }
    let path = flash.with_extension("label");
    let file = |error| LabelError::File { path: path.clone(), error };
    match fs::read_to_string(&path) {
        Ok(text) => parse_hexadecimal(text.trim()).ok_or(LabelError::MalformedFile { path }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut secret = [0; 16];
            getrandom::fill(&mut secret).map_err(LabelError::Random)?;
            draw_up(&path, &secret).map_err(file)?;
            Ok(secret)
        }
        Err(error) => Err(file(error)),
    }
}

/// As hexadecimal digits.
pub(crate) fn print(secret: &[u8; 16]) -> String {
    secret.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes the label under another name first: a door that is killed meanwhile has no label yet, and never half of one.
fn draw_up(path: &Path, secret: &[u8; 16]) -> io::Result<()> {
    let draft = path.with_extension("label-draft");
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    private::options()
        .write(true)
        .create_new(true)
        .open(&draft)?
        .write_all((print(secret) + "\n").as_bytes())?;
    fs::rename(&draft, path)
}

/// Exactly `N` bytes as hexadecimal digits.
pub(crate) fn parse_hexadecimal<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|value| u8::try_from(value).ok())).collect();
    let bytes: Vec<u8> = digits?
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => Some(high << 4 | low),
            _ => None,
        })
        .collect::<Option<_>>()?;
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::private::Folder;

    #[test]
    fn a_label_is_read_as_it_is_printed_and_nothing_else_is() {
        let bytes = [0x0f; 16];
        let read = |text: &str| secret(Some(text), Path::new("none"));
        assert_eq!(read(&print(&bytes)).unwrap(), bytes);
        for wrong in ["", "0f", "xx0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f", &"0".repeat(33)] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_label_that_was_drawn_is_the_same_at_the_next_start() {
        let folder = Folder::new("label");
        let flash = folder.path("door.flash");
        let drawn = secret(None, &flash).unwrap();
        assert_eq!(secret(None, &flash).unwrap(), drawn);
        fs::write(folder.path("door.label"), "0f").unwrap();
        let told = secret(None, &flash).unwrap_err().to_string();
        assert!(told.contains("door.label") && !told.contains("0f"), "{told}");
    }

    #[cfg(unix)]
    #[test]
    fn a_label_that_was_drawn_is_for_its_owner_alone() {
        let folder = Folder::new("private-label");
        secret(None, &folder.path("door.flash")).unwrap();
        assert!(private::is_private(&folder.path("door.label")));
    }
}
