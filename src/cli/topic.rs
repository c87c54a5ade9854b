//! What the commands that look into a topic have in common: where they begin, and how a position is written.

use std::str::FromStr;

use anyhow::Context;
use jiff::Timestamp;

use crate::io::kafka::Reader;
use crate::message::{Partition, Position};

/// Where reading begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Start {
    /// With what is written from now on.
    Now,
    /// With the first record that is still there.
    Earliest,
    /// At this offset of each partition.
    Offset(i64),
    /// With what was written from this moment on.
    Time(Timestamp),
}

impl FromStr for Start {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "now" => Ok(Self::Now),
            "earliest" => Ok(Self::Earliest),
            _ => match text.parse::<u32>() {
                Ok(offset) => Ok(Self::Offset(offset.into())),
                Err(_) => moment(text).map(Self::Time).map_err(|why| format!("{why}, now, earliest or an offset")),
            },
        }
    }
}

impl Start {
    /// The offset at which each partition of `reader` begins.
    pub(super) fn offsets(self, reader: &Reader) -> anyhow::Result<Vec<(i32, i64)>> {
        let at = |place: fn((i64, i64)) -> i64| -> anyhow::Result<Vec<(i32, i64)>> {
            reader.partitions()?.into_iter().map(|partition| Ok((partition, place(reader.range(partition)?)))).collect()
        };
        match self {
            Self::Now => at(|(_, end)| end),
            Self::Earliest => at(|(first, _)| first),
            Self::Offset(offset) => Ok(reader.partitions()?.into_iter().map(|partition| (partition, offset)).collect()),
            Self::Time(time) => reader.at_time(time),
        }
    }
}

/// A moment as people write it: a time, or how long ago.
pub(super) fn moment(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse() {
        return Ok(time);
    }
    let ago = humantime::parse_duration(text).ok().and_then(|ago| Timestamp::now().checked_sub(ago).ok());
    ago.ok_or_else(|| "write a time as 2026-01-31T12:00:00Z, or how long ago as 15min".to_owned())
}

/// The position that `words` name: topic, partition and offset, apart or joined by slashes as headers and logs have it.
pub(super) fn position(words: &[String]) -> anyhow::Result<Position> {
    let joined = words.join("/");
    let read = || -> Option<Position> {
        let (rest, offset) = joined.rsplit_once('/')?;
        let (topic, number) = rest.rsplit_once('/')?;
        let (number, offset) = (number.parse().ok()?, offset.parse().ok()?);
        let legal = !topic.is_empty() && !topic.contains('/') && number >= 0 && offset >= 0;
        legal.then(|| Position { partition: Partition { topic: topic.into(), number }, offset })
    };
    read().with_context(|| format!("{joined:?} is no position; write it as articles.raw 0 42 or articles.raw/0/42"))
}

/// The moment of a record's timestamp, in milliseconds since the Unix epoch.
pub(super) fn time(timestamp: Option<i64>) -> Option<Timestamp> {
    Timestamp::from_millisecond(timestamp?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number alone is an offset, never a time: `--from 2026` must not mean a year.
    #[test]
    fn a_start_is_read_as_people_write_it() {
        assert_eq!("now".parse(), Ok(Start::Now));
        assert_eq!("earliest".parse(), Ok(Start::Earliest));
        assert_eq!("2026".parse(), Ok(Start::Offset(2026)));
        assert_eq!("1970-01-01T00:00:01Z".parse(), Ok(Start::Time(Timestamp::from_second(1).unwrap())));
        let Ok(Start::Time(ago)) = "2h".parse() else { panic!("no time") };
        assert!(ago < Timestamp::now());
        for wrong in ["", "yesterday", "-3", "2026-01-31"] {
            let why = wrong.parse::<Start>().unwrap_err();
            assert!(why.contains("15min"), "{wrong}: {why}");
        }
    }

    #[test]
    fn a_position_is_read_apart_or_joined() {
        let expected = "articles.raw/2/42";
        for words in [vec!["articles.raw", "2", "42"], vec!["articles.raw/2/42"]] {
            let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
            assert_eq!(position(&words).unwrap().to_string(), expected);
        }
        for wrong in ["articles.raw/2", "/0/1", "a/b/0/1", "a/-1/0", "a/0/-1", "a/0/x"] {
            position(&[wrong.to_owned()]).unwrap_err();
        }
    }
}
