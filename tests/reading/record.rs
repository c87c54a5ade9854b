//! The envelope: headers, determinism.

use crate::support::{header, plain_pipeline, raw, scripted, with_header};
use copydesk::stages::encoder::Kind;

/// Foreign headers and the trace pass through, ours are written once, those of a replayed dead letter are gone.
#[test]
fn headers_are_passed_on_and_ours_are_added() {
    let mut article = raw("A title\n\nA body.");
    for (name, value) in [
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        ("tracestate", "desk=1"),
        ("ce_id", "theirs"),
        ("ce_type", "theirs"),
        ("ce_time", "2025-03-11T12:00:00Z"),
        ("ce_desk", "world"),
        ("Content-Type", "text/plain"),
        ("copydesk-error-reason", "internal"),
    ] {
        article = with_header(article, name, Some(value));
    }
    let pipeline = plain_pipeline();
    let message = pipeline.messages(&article, &pipeline.process(&article)).remove(0);
    let names: Vec<_> = message.headers.iter().map(|header| header.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "traceparent",
            "tracestate",
            "ce_desk",
            "ce_specversion",
            "ce_type",
            "ce_source",
            "ce_id",
            "ce_subject",
            "content-type",
            "copydesk-source"
        ]
    );
    assert_eq!(header(&message, "ce_type"), Some("copydesk.article.enriched"));
    assert_eq!(header(&message, "ce_id"), Some("articles.raw/0/7"));
    assert_eq!(header(&message, "ce_subject").map(str::as_bytes), message.key.as_deref());
    assert_eq!(header(&message, "copydesk-source"), Some("articles.raw/0/7"));
    assert_eq!(header(&message, "content-type"), Some("application/json"));
}

/// A replay must write what was written before, byte for byte, wherever the record stood and whenever it came.
#[test]
fn the_same_bytes_give_the_same_record() {
    let names = [
        ("Anna Berg", Kind::Person),
        ("Berg", Kind::Person),
        ("Oslo", Kind::Place),
        ("Port Authority", Kind::Organisation),
    ];
    let mut first = raw("Oslo waits\n\nAnna Berg of the Port Authority spoke in Oslo. Berg left.");
    let one = scripted(&names).messages(&first, &scripted(&names).process(&first)).remove(0).payload;
    first.position.offset = 99;
    first.timestamp = None;
    let pipeline = scripted(&names);
    for _ in 0..3 {
        assert_eq!(pipeline.messages(&first, &pipeline.process(&first)).remove(0).payload, one);
    }
}
