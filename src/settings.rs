//! What every section of the configuration is made of: durations and sizes as people write them
//! (`"200ms"`, `"20s"`, `"64MiB"`), and problems that name their key.
//!
//! A section's struct, its defaults with their reasons and its `problems()` live with its owner.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A duration, written with its unit: `"200ms"`, `"20s"`, `"5min"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub Duration);

impl Time {
    /// `n` milliseconds.
    pub const fn millis(n: u64) -> Self {
        Self(Duration::from_millis(n))
    }

    /// `n` seconds.
    pub const fn seconds(n: u64) -> Self {
        Self(Duration::from_secs(n))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = humantime::format_duration(self.0).to_string();
        f.write_str(&text.replace(' ', ""))
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        humantime::parse_duration(&text).map(Self).map_err(|_| {
            serde::de::Error::custom(format!(
                "{text:?} is no duration; write a number and a unit, as in \"200ms\" or \"20s\""
            ))
        })
    }
}

impl JsonSchema for Time {
    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "duration"})
    }
    fn inline_schema() -> bool {
        true
    }
}

/// A number of bytes, written with its unit: `"64MiB"`, `"1MB"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bytes(pub u64);

impl Bytes {
    /// `n` kibibytes.
    pub const fn kib(n: u64) -> Self {
        Self(n * 1024)
    }

    /// `n` mebibytes.
    pub const fn mib(n: u64) -> Self {
        Self(n * 1024 * 1024)
    }

    /// As a length in memory.
    pub fn as_usize(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (unit, size) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] {
            if self.0 >= size && self.0.is_multiple_of(size) {
                return write!(f, "{}{unit}", self.0 / size);
            }
        }
        write!(f, "{}B", self.0)
    }
}

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse::<bytesize::ByteSize>().map(|size| Self(size.as_u64())).map_err(|_| {
            serde::de::Error::custom(format!("{text:?} is no size; write a number and a unit, as in \"64MiB\""))
        })
    }
}

impl JsonSchema for Bytes {
    fn schema_name() -> Cow<'static, str> {
        "Bytes".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "bytes"})
    }
    fn inline_schema() -> bool {
        true
    }
}

/// One thing wrong with the configuration: where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Dotted key, as `kafka.brokers`.
    pub key: String,
    /// What is wrong and how to mend it, in a sentence.
    pub what: String,
}

impl Problem {
    /// A problem at `key`.
    pub fn new(key: impl Into<String>, what: impl Into<String>) -> Self {
        Self { key: key.into(), what: what.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the service prints as a default must be readable again, or `copydesk config` would print a broken file.
    #[test]
    fn displayed_values_are_read_back() {
        for time in [Time::millis(200), Time::seconds(20), Time::seconds(90), Time::millis(1_500)] {
            let json = serde_json::to_string(&time).unwrap();
            assert_eq!(serde_json::from_str::<Time>(&json).unwrap(), time, "{json}");
        }
        for bytes in [Bytes(0), Bytes(999), Bytes(1_000_000), Bytes::kib(3), Bytes::mib(64)] {
            let json = serde_json::to_string(&bytes).unwrap();
            assert_eq!(serde_json::from_str::<Bytes>(&json).unwrap(), bytes, "{json}");
        }
    }

    #[test]
    fn a_number_without_a_unit_is_refused_with_the_mend() {
        let error = serde_json::from_str::<Time>("\"20\"").unwrap_err().to_string();
        assert!(error.contains("a number and a unit"), "{error}");
    }
}
