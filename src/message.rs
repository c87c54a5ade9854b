//! What the delivery wing and the reading wing share: raw articles in, messages out.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// A partition of an input topic.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Partition {
    /// Topic name.
    pub topic: Arc<str>,
    /// Partition number within the topic.
    pub number: i32,
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.topic, self.number)
    }
}

/// Where a record stands in its input topic; displayed as `topic/partition/offset`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// The record's partition.
    pub partition: Partition,
    /// The record's offset in it.
    pub offset: i64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.partition, self.offset)
    }
}

/// One record header; Kafka allows a null value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// Header name.
    pub name: String,
    /// Header value, `None` if null.
    pub value: Option<Vec<u8>>,
}

/// One record as it was received, before anybody has read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawArticle {
    /// Where it came from.
    pub position: Position,
    /// Record key, `None` if null.
    pub key: Option<Vec<u8>>,
    /// Record value, `None` for a tombstone.
    pub payload: Option<Vec<u8>>,
    /// Record headers in the order received.
    pub headers: Vec<Header>,
    /// Record timestamp in milliseconds since the Unix epoch, if the record has one.
    pub timestamp: Option<i64>,
}

/// Which output topic a message goes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Destination {
    /// The topic of enriched records.
    Enriched,
    /// The topic of dead letters.
    Dead,
}

/// One record to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Topic it goes to.
    pub destination: Destination,
    /// Record key, `None` for null.
    pub key: Option<Vec<u8>>,
    /// Record value, `None` for a tombstone.
    pub payload: Option<Vec<u8>>,
    /// Record headers, in the order to write them.
    pub headers: Vec<Header>,
}

impl RawArticle {
    /// The value of the last header of that name as text; empty if there is none.
    pub fn header(&self, name: &str) -> Cow<'_, str> {
        last(&self.headers, name)
    }

    /// How much memory it takes, about.
    pub fn bytes(&self) -> usize {
        size(self.key.as_deref(), self.payload.as_deref(), &self.headers)
    }
}

impl Message {
    /// The value of the last header of that name as text; empty if there is none.
    pub fn header(&self, name: &str) -> Cow<'_, str> {
        last(&self.headers, name)
    }

    /// How much memory it takes, about.
    pub fn bytes(&self) -> usize {
        size(self.key.as_deref(), self.payload.as_deref(), &self.headers)
    }
}

fn last<'a>(headers: &'a [Header], name: &str) -> Cow<'a, str> {
    let header = headers.iter().rev().find(|header| header.name == name);
    String::from_utf8_lossy(header.and_then(|header| header.value.as_deref()).unwrap_or_default())
}

/// The bytes of a record's parts, and 256 for what holds them.
fn size(key: Option<&[u8]>, payload: Option<&[u8]>, headers: &[Header]) -> usize {
    let header = |header: &Header| 64 + header.name.len() + header.value.as_ref().map_or(0, Vec::len);
    256 + key.map_or(0, <[u8]>::len) + payload.map_or(0, <[u8]>::len) + headers.iter().map(header).sum::<usize>()
}

/// What a worker does with an article; the one thing that the delivery wing asks of the reading wing.
///
/// Total and deterministic: it always answers with at least one message, and the same article gets the same answer.
pub trait Enrich: Send + Sync {
    /// The messages to publish for `article`, in order.
    fn enrich(&self, article: &RawArticle) -> Vec<Message>;
}
