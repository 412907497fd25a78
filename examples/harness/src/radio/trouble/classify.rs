//! From what a Bluetooth stack says to a typed failure.

use btleplug::Error;

use super::Trouble;

/// What precedes the code of an attribute error.
const ATTRIBUTE_ERROR: &str = "ATT error: 0x";

/// Words of BlueZ, and what they mean. The names are those of its D-Bus interface; the rest is what its kernel side puts behind
/// `org.bluez.Error.Failed`. Looked for in this order.
const WORDS: &[(&str, Meaning)] = &[
    ("DBus.Error.ServiceUnknown", Meaning::NoService),
    ("DBus.Error.NoServer", Meaning::NoService),
    ("DBus.Error.FileNotFound", Meaning::NoService),
    ("DBus.Error.Disconnected", Meaning::NoService),
    ("DBus.Error.AccessDenied", Meaning::NotPermitted),
    ("DBus.Error.UnknownObject", Meaning::UnknownPeer),
    ("bluez.Error.NotAuthorized", Meaning::NotPermitted),
    ("bluez.Error.NotReady", Meaning::AdapterOff),
    ("bluez.Error.InProgress", Meaning::InProgress),
    ("bluez.Error.NotConnected", Meaning::NotConnected),
    ("bluez.Error.DoesNotExist", Meaning::UnknownPeer),
    ("bluez.Error.InvalidValueLength", Meaning::FrameTooLong),
    ("Failed to initiate write", Meaning::FrameTooLong),
    ("Invalid Length", Meaning::FrameTooLong),
    ("Not connected", Meaning::NotConnected),
    ("connection-", Meaning::ConnectFailed),
    ("Software caused connection abort", Meaning::ConnectFailed),
    ("Connection reset by peer", Meaning::ConnectFailed),
];

#[derive(Clone, Copy)]
enum Meaning {
    NoService,
    NotPermitted,
    UnknownPeer,
    AdapterOff,
    InProgress,
    NotConnected,
    FrameTooLong,
    ConnectFailed,
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        match &error {
            Error::PermissionDenied => Self::NotPermitted,
            Error::DeviceNotFound => Self::UnknownPeer,
            Error::NotConnected => Self::NotConnected,
            Error::NoAdapterAvailable => Self::NoAdapter { wanted: None },
            Error::NoSuchCharacteristic => Self::NotADoor { missing: "a characteristic" },
            Error::TimedOut(_) => Self::ConnectFailed { detail: error.to_string() },
            // The name of a D-Bus error is in what developers get to see, the sentence for people is in the other.
            _ => Self::of_words(&format!("{error:?}"), &error.to_string()),
        }
    }
}

impl Trouble {
    /// From the words of a stack: all of them, and those for people.
    fn of_words(words: &str, sentence: &str) -> Self {
        if let Some(code) = attribute_code(words) {
            return Self::Attribute { code };
        }
        let detail = sentence.to_owned();
        match WORDS.iter().find(|(part, _)| words.contains(part)).map(|(_, meaning)| *meaning) {
            Some(Meaning::NoService) => Self::NoService,
            Some(Meaning::NotPermitted) => Self::NotPermitted,
            Some(Meaning::UnknownPeer) => Self::UnknownPeer,
            Some(Meaning::AdapterOff) => Self::AdapterOff,
            Some(Meaning::InProgress) => Self::InProgress,
            Some(Meaning::NotConnected) => Self::NotConnected,
            Some(Meaning::FrameTooLong) => Self::FrameTooLong,
            Some(Meaning::ConnectFailed) => Self::ConnectFailed { detail },
            None => Self::Other { detail },
        }
    }
}

fn attribute_code(words: &str) -> Option<u8> {
    let (_, rest) = words.split_once(ATTRIBUTE_ERROR)?;
    u8::from_str_radix(rest.get(..2)?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_bluez_says_has_a_type() {
        let cases = [
            (
                "org.bluez was not provided (org.freedesktop.DBus.Error.ServiceUnknown)",
                "bluetooth-no-service",
            ),
            ("Resource Not Ready (org.bluez.Error.NotReady)", "bluetooth-off"),
            ("Operation already in progress (org.bluez.Error.InProgress)", "bluetooth-in-progress"),
            ("Not connected (org.bluez.Error.Failed)", "bluetooth-not-connected"),
            ("Failed to initiate write (org.bluez.Error.Failed)", "bluetooth-frame-too-long"),
            ("le-connection-abort-by-local (org.bluez.Error.Failed)", "bluetooth-connect-failed"),
            ("Operation failed with ATT error: 0x80 (org.bluez.Error.Failed)", "bluetooth-attribute-error"),
            ("what is this", "bluetooth-other"),
        ];
        for (words, reason) in cases {
            assert_eq!(Trouble::of_words(words, words).reason(), reason, "{words}");
        }
        assert_eq!(Trouble::of_words("ATT error: 0x0d", ""), Trouble::Attribute { code: 0x0d });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_name_of_a_dbus_error_counts_and_its_sentence_is_shown() {
        let of = |name: &str, sentence: &str| {
            Trouble::from(Error::Other(Box::new(dbus::Error::new_custom(name, sentence))))
        };
        let missing = of("org.freedesktop.DBus.Error.FileNotFound", "no such socket");
        assert_eq!(missing, Trouble::NoService);
        assert_eq!(of("org.bluez.Error.NotReady", "Resource Not Ready"), Trouble::AdapterOff);
        let aborted = of("org.bluez.Error.Failed", "le-connection-abort-by-local");
        assert_eq!(aborted, Trouble::ConnectFailed { detail: "le-connection-abort-by-local".to_owned() });
    }
}
