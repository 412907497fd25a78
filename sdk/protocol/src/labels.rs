//! The one table of labels (spec §1.5). Each signature, MAC and derivation has its own, so that no output of one can stand for another.

/// A domain-separation label: ASCII, at most 64 bytes, used for one purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label(&'static str);

impl Label {
    /// `len(label) ‖ label`, in two pieces (spec §1.4).
    pub(crate) fn pieces(self) -> ([u8; 1], &'static [u8]) {
        // A label is at most 64 bytes (tested below), so the conversion cannot fail; 0 would only make a label unknown.
        ([u8::try_from(self.0.len()).unwrap_or(0)], self.0.as_bytes())
    }

    /// The label's text, for vectors and documentation.
    #[must_use]
    pub const fn text(self) -> &'static str {
        self.0
    }
}

macro_rules! labels {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        $($(#[$doc])* pub const $name: Label = Label($text);)*

        /// All labels, for the uniqueness test and for vectors.
        pub const ALL: &[Label] = &[$($name),*];
    };
}

labels! {
    /// §2.3
    PHONE_ID = "thumbturn/1/phone-id";
    /// §2.4
    DOOR_KEY_ID = "thumbturn/1/door-key-id";
    /// §3.2
    CERTIFICATE = "thumbturn/1/certificate";
    /// §3.3
    ROTATION = "thumbturn/1/rotation";
    /// §3.4
    GRANT = "thumbturn/1/grant";
    /// §3.5
    SHARE = "thumbturn/1/share";
    /// §4.2
    ADVERTISEMENT_TAG = "thumbturn/1/advertisement-tag";
    /// §4.2
    ADVERTISEMENT_HINT = "thumbturn/1/advertisement-hint";
    /// §4.5
    HELLO_NONCE = "thumbturn/1/hello-nonce";
    /// §4.5
    HELLO_NAME = "thumbturn/1/hello-name";
    /// §5.2
    GATE = "thumbturn/1/gate";
    /// §5.3
    PROLOGUE = "thumbturn/1/prologue";
    /// §5.6
    SESSION = "thumbturn/1/session";
    /// §6.1
    TICKET_FIRST = "thumbturn/1/ticket-first";
    /// §6.1
    TICKET_NEXT = "thumbturn/1/ticket-next";
    /// §6.1
    TICKET_ID = "thumbturn/1/ticket-id";
    /// §6.2
    OPERATION_ID = "thumbturn/1/operation-id";
    /// §6.3
    FAST_REQUEST = "thumbturn/1/fast-request";
    /// §6.4
    FAST_MASK = "thumbturn/1/fast-mask";
    /// §6.4
    FAST_ANSWER = "thumbturn/1/fast-answer";
    /// §6.5
    FAST_SESSION = "thumbturn/1/fast-session";
    /// §7.1
    RECORD_TO_DOOR = "thumbturn/1/record-to-door";
    /// §7.1
    RECORD_TO_PHONE = "thumbturn/1/record-to-phone";
    /// §9.2
    CLAIM_PSK = "thumbturn/1/claim-psk";
    /// §9.2
    CLAIM_TAG_KEY = "thumbturn/1/claim-tag-key";
    /// §9.3
    CLAIM_PROLOGUE = "thumbturn/1/claim-prologue";
    /// §9.5
    CLAIM_SESSION = "thumbturn/1/claim-session";
    /// §10.3
    UPDATE = "thumbturn/1/update";
    /// §10.3
    UPDATE_ID = "thumbturn/1/update-id";
    /// §10.4
    UPDATE_BODY = "thumbturn/1/update-body";
    /// §10.4
    UPDATE_CHUNK = "thumbturn/1/update-chunk";
    /// §10.5
    UPDATE_LEAF = "thumbturn/1/update-leaf";
    /// §10.5
    UPDATE_NODE = "thumbturn/1/update-node";
    /// §10.6
    LIST_ROW = "thumbturn/1/list-row";
    /// §10.6
    LIST_SETTINGS = "thumbturn/1/list-settings";
    /// §11.1
    BULLETIN = "thumbturn/1/bulletin";
    /// §11.1
    BULLETIN_ENTRIES = "thumbturn/1/bulletin-entries";
    /// §11.1
    BULLETIN_SUBJECT = "thumbturn/1/bulletin-subject";
    /// §12.1
    RECEIPT = "thumbturn/1/receipt";
    /// §12.1
    RECEIPT_BODY = "thumbturn/1/receipt-body";
    /// §12.2
    LOG_START = "thumbturn/1/log-start";
    /// §12.2
    LOG = "thumbturn/1/log";
    /// §12.2
    LOG_SALT = "thumbturn/1/log-salt";
    /// §12.3
    LOG_BATCH = "thumbturn/1/log-batch";
    /// §12.3
    LOG_BODY = "thumbturn/1/log-body";
    /// §12.4
    LOG_ACKNOWLEDGEMENT = "thumbturn/1/log-acknowledgement";
    /// §13.2
    TIME = "thumbturn/1/time";
}

#[cfg(test)]
mod tests {
    extern crate std;
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn labels_are_unique_short_ascii() {
        let texts: HashSet<_> = ALL.iter().map(|label| label.text()).collect();
        assert_eq!(texts.len(), ALL.len());
        assert!(ALL.iter().all(|label| label.text().len() <= 64 && label.text().is_ascii()));
    }

    #[test]
    fn the_specification_lists_exactly_these_labels() {
        let page = std::include_str!("../../../docs/spec/1-conventions.md");
        let listed: HashSet<_> = page
            .lines()
            .filter_map(|line| line.strip_prefix("| `thumbturn/1/"))
            .filter_map(|line| line.split_once('`'))
            .map(|(name, _)| std::format!("thumbturn/1/{name}"))
            .collect();
        let known: HashSet<_> = ALL.iter().map(|label| alloc::string::String::from(label.text())).collect();
        assert_eq!(listed, known);
    }
}
