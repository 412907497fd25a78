//! JSON whose fields keep the order in which they were written, which is the order of the specification.

use std::fmt::Write;

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::error::Error;

/// A JSON value. Bytes are lower-case hexadecimal text.
pub(crate) enum Json {
    Null,
    Flag(bool),
    Number(i64),
    Text(String),
    List(Vec<Self>),
    Object(Fields),
}

/// The fields of an object.
#[derive(Default)]
pub(crate) struct Fields(Vec<(&'static str, Json)>);

impl Fields {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Json>) -> Self {
        self.0.push((name, value.into()));
        self
    }

    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

/// A vector: what it shows, where it is specified, and how to check it.
pub(crate) fn vector(name: impl Into<String>, section: &'static str, kind: &'static str) -> Fields {
    Fields::new()
        .with("name", Json::Text(name.into()))
        .with("section", text(section))
        .with("kind", text(kind))
}

/// Text that is not bytes.
pub(crate) fn text(text: &str) -> Json {
    Json::Text(text.to_owned())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The content of a file.
pub(crate) fn file(vectors: Vec<Fields>) -> Result<String, Error> {
    let vectors = Json::List(vectors.into_iter().map(Json::Object).collect());
    let mut content = serde_json::to_string_pretty(&Fields::new().with("vectors", vectors))?;
    content.push('\n');
    Ok(content)
}

impl From<&[u8]> for Json {
    fn from(bytes: &[u8]) -> Self {
        Self::Text(hex(bytes))
    }
}

impl<const N: usize> From<[u8; N]> for Json {
    fn from(bytes: [u8; N]) -> Self {
        Self::Text(hex(&bytes))
    }
}

impl<const N: usize> From<&[u8; N]> for Json {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Text(hex(bytes))
    }
}

impl From<Vec<u8>> for Json {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Text(hex(&bytes))
    }
}

impl From<&Vec<u8>> for Json {
    fn from(bytes: &Vec<u8>) -> Self {
        Self::Text(hex(bytes))
    }
}

impl From<Fields> for Json {
    fn from(fields: Fields) -> Self {
        Self::Object(fields)
    }
}

impl<T: Into<Self>> From<Option<T>> for Json {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<bool> for Json {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

macro_rules! numbers {
    ($($number:ty)*) => {$(
        impl From<$number> for Json {
            fn from(number: $number) -> Self {
                Self::Number(number.into())
            }
        }
    )*};
}

numbers! { u8 u16 u32 i32 i64 }

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Number(number) => serializer.serialize_i64(*number),
            Self::Text(text) => serializer.serialize_str(text),
            Self::List(list) => list.serialize(serializer),
            Self::Object(fields) => fields.serialize(serializer),
        }
    }
}

impl Serialize for Fields {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}
