//! The native form, and how a form is told.

use copydesk::message::RawArticle;
use serde_json::json;

use crate::support::{check, enriched, header, json, plain_pipeline, raw, with_header};

/// Every field of the contract arrives in the record, and unknown ones are carried through.
#[test]
fn every_field_is_carried() {
    let article = json!({
        "id": "nw-1", "title": "A title", "body": "A body.", "published_at": "2025-03-11T13:00:00+01:00",
        "language": "en_GB", "source": "Northwire", "byline": "By Elena Marsh", "url": "https://northwire.example/1",
        "version": 3, "status": "withheld", "supersedes": "nw-0", "embargoed_until": "2025-03-12T06:00:00Z",
        "desk": {"name": "world", "priority": [1, 2]}, "slug": "a-title",
    });
    let record = json(&plain_pipeline(), &raw(article.to_string()));
    assert_eq!(record["id"], "nw-1");
    assert_eq!((&record["version"], &record["status"]), (&json!("3"), &json!("withheld")));
    let found = &record["article"];
    assert_eq!(found["language"], "en-GB");
    assert_eq!(found["byline"], "By Elena Marsh");
    assert_eq!(found["staff"]["byline"], json!(["Elena Marsh"]));
    for field in ["title", "published_at", "source", "url", "supersedes", "embargoed_until"] {
        assert_eq!(found[field], article[field], "{field}");
    }
    assert_eq!(found["extra"], json!({"desk": article["desk"], "slug": "a-title"}));
}

/// The body of a native article is segmented as plain text is: staff and credits are no story there either.
#[test]
fn a_native_body_is_segmented() {
    let body = "Photo: Caspian Lens\n\nBy Elena Marsh\n\nVIENNA, March 11 (Northwire) - Ministers met. \n\n(Reporting by Elena Marsh)";
    let record = json(&plain_pipeline(), &raw(json!({"title": "CORRECTED-Ministers meet", "body": body}).to_string()));
    let kinds: Vec<_> = record["segments"].as_array().unwrap().iter().map(|s| s["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["title", "credit", "byline", "dateline", "paragraph", "signoff"]);
    assert_eq!(record["article"]["action"], "correction");
    assert_eq!(record["article"]["headline"], "Ministers meet");
    assert_eq!(record["article"]["credit"], "Caspian Lens");
}

/// A replay must find the same id: the field, else the key, else one made from the bytes.
#[test]
fn the_id_is_the_field_else_the_key_else_made_from_the_bytes() {
    let pipeline = plain_pipeline();
    let id = |raw: &RawArticle| enriched(&pipeline, raw).document.article().id.clone();
    let body = |id: serde_json::Value| raw(json!({"id": id, "body": "A body."}).to_string());
    let keyed = |raw: RawArticle, key: &[u8]| RawArticle { key: Some(key.to_vec()), ..raw };
    assert_eq!(id(&keyed(body(json!("field")), b"key")), "field");
    assert_eq!(id(&keyed(body(json!(null)), b"key")), "key");
    assert_eq!(id(&keyed(body(json!(" ")), b"key")), "key");
    assert_eq!(id(&keyed(body(json!(null)), b"\x00\x00\xff")), "key:0000ff");
    let made = id(&keyed(body(json!(null)), b""));
    assert_eq!((made.len(), made.get(..7)), (71, Some("sha256:")));
    assert_eq!(made, id(&body(json!(null))));
}

/// A header overrides what the bytes look like, and "some bytes" says nothing.
#[test]
fn the_content_type_decides_where_there_is_one() {
    let pipeline = plain_pipeline();
    let form = |raw: &RawArticle| enriched(&pipeline, raw).document.article().form;
    let article = || raw(json!({"body": "A body."}).to_string());
    assert_eq!(form(&article()), "native");
    assert_eq!(form(&with_header(article(), "Content-Type", Some("text/plain"))), "plain");
    assert_eq!(form(&with_header(article(), "ce_datacontenttype", Some("application/json;charset=UTF-8"))), "native");
    assert_eq!(form(&with_header(article(), "content-type", Some("application/octet-stream"))), "native");
    assert_eq!(form(&raw("\u{FEFF}{\"body\": \"with a byte order mark\"}")), "native");
}

/// A canceled article ends as a tombstone, so that a compacted topic forgets it; its record carries no enrichment.
#[test]
fn a_canceled_article_ends_as_a_tombstone() {
    let pipeline = plain_pipeline();
    let kill = raw(json!({"id": "nw-1", "title": "A title", "body": "A body.", "status": "canceled"}).to_string());
    let messages = pipeline.messages(&kill, &pipeline.process(&kill));
    assert_eq!(messages.len(), 2);
    assert!(messages.iter().all(|message| message.key.as_deref() == Some(b"nw-1")));
    assert_eq!(messages[1].payload, None);
    assert_ne!(header(&messages[0], "ce_id"), header(&messages[1], "ce_id"));
    let record: serde_json::Value = serde_json::from_slice(messages[0].payload.as_deref().unwrap()).unwrap();
    check(&record);
    assert_eq!(record["status"], "canceled");
    assert!(record.get("sentences").is_none() && record.get("entities").is_none());
}

/// A kill in plain text has no id of its own but names the story's: that story's key gets the tombstone.
#[test]
fn a_kill_lands_on_the_key_of_the_story_that_it_names() {
    let pipeline = plain_pipeline();
    let kill = raw(crate::record_check::file("tests/fixtures/plain/07_kill.txt"));
    let messages = pipeline.messages(&kill, &pipeline.process(&kill));
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[1].key.as_deref(), Some(&b"urn:example:northwire:20250311:museum-001"[..]));
    let keyed = RawArticle { key: Some(b"museum-001".to_vec()), ..kill };
    let messages = pipeline.messages(&keyed, &pipeline.process(&keyed));
    assert_eq!(messages[1].key.as_deref(), Some(&b"museum-001"[..]), "the envelope's key is the better source");
}
