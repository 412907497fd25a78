//! The claim secret on the door's label.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Why there is no claim secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LabelError {
    #[error("{0} is no claim secret: give 32 hexadecimal digits")]
    Malformed(String),
    #[error("{}: {error}", path.display())]
    File { path: PathBuf, error: io::Error },
    #[error("no random numbers: {0}")]
    Random(getrandom::Error),
}

/// The one that was given, or that of the file `FLASH.label`, which is drawn and written when there is none.
pub(crate) fn secret(given: Option<&str>, flash: &Path) -> Result<[u8; 16], LabelError> {
    if let Some(given) = given {
        return parse(given);
    }
    let path = flash.with_extension("label");
    let file = |error| LabelError::File { path: path.clone(), error };
    match fs::read_to_string(&path) {
        Ok(text) => parse(text.trim()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut secret = [0; 16];
            getrandom::fill(&mut secret).map_err(LabelError::Random)?;
            fs::write(&path, print(&secret) + "\n").map_err(file)?;
            Ok(secret)
        }
        Err(error) => Err(file(error)),
    }
}

/// As hexadecimal digits.
pub(crate) fn print(secret: &[u8; 16]) -> String {
    secret.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn parse(text: &str) -> Result<[u8; 16], LabelError> {
    parse_hexadecimal(text).ok_or_else(|| LabelError::Malformed(text.to_owned()))
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

    #[test]
    fn a_label_is_read_as_it_is_printed_and_nothing_else_is() {
        let secret = [0x0f; 16];
        assert_eq!(parse(&print(&secret)).unwrap(), secret);
        for wrong in ["", "0f", "xx0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f", &"0".repeat(33)] {
            assert!(parse(wrong).is_err(), "{wrong}");
        }
    }
}
