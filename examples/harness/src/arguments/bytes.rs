//! Numbers of bytes, as people write them.

use core::str::FromStr;

/// A number of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) u64);

impl FromStr for Bytes {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let units = [("KiB", 1 << 10), ("MiB", 1 << 20), ("kB", 1_000), ("MB", 1_000_000), ("B", 1)];
        let unit = units.iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, *bytes)));
        let (number, unit) = unit.unwrap_or((text, 1));
        let number: u64 = number.trim().parse().map_err(|_| "a number of bytes, like 100KiB")?;
        number.checked_mul(unit).map(Self).ok_or_else(|| "so many bytes there are not".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_units() {
        let parsed = |text: &str| text.parse().map(|Bytes(bytes)| bytes);
        assert_eq!(parsed("100KiB"), Ok(102_400));
        assert_eq!(parsed("64"), Ok(64));
        assert_eq!(parsed("2 kB"), Ok(2_000));
        assert!(parsed("many").is_err() && parsed("99999999999999999999MiB").is_err());
    }
}
