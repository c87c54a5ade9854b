//! The schemas are true: of what is accepted, and of what is written.

use serde_json::{Value, json};

use crate::record_check::{file, validator};
use crate::support::{json, plain_pipeline, raw};
use copydesk::dead_letter::Reason;

/// What the article schema accepts the program reads, and what it refuses is a dead letter.
#[test]
fn the_article_schema_and_the_program_agree() {
    let schema: Value = serde_json::from_slice(&file("schemas/article.json")).unwrap();
    let schema = jsonschema::options().should_validate_formats(true).build(&schema).unwrap();
    let fields = [
        "id",
        "title",
        "body",
        "published_at",
        "language",
        "source",
        "byline",
        "url",
        "version",
        "status",
        "supersedes",
        "embargoed_until",
        "other",
    ];
    let values = [
        json!(null),
        json!("text"),
        json!(7),
        json!(1.5),
        json!(true),
        json!([]),
        json!({}),
        json!("usable"),
        json!("2025-03-11T12:00:00Z"),
        json!("en-GB"),
        json!("en_US"),
        json!("x"),
        json!("Usable"),
    ];
    let pipeline = plain_pipeline();
    for field in fields {
        for value in &values {
            let mut article = json!({"title": "A title", "body": "A body."});
            article[field] = value.clone();
            let raw = raw(article.to_string());
            let message = pipeline.messages(&raw, &pipeline.process(&raw)).remove(0);
            assert_eq!(schema.is_valid(&article), Reason::of(&message).is_none(), "{field}: {value}");
        }
    }
    assert!(!schema.is_valid(&json!({"title": "A title"})));
}

/// The check of records is worth something only if a wrong record fails it.
#[test]
fn the_record_schema_refuses_what_is_not_in_it() {
    let schema = validator("schemas/enriched.json");
    let record = json(&plain_pipeline(), &raw("A title\n\nA body."));
    assert!(schema.is_valid(&record));
    for (pointer, value) in [
        ("/status", json!("gone")),
        ("/segments/0/kind", json!("heading")),
        ("/sentences/0/start", json!(-1)),
        ("/article/language", json!(5)),
        ("/pipeline/config", json!("none")),
        ("/stages/0/status", json!("fine")),
    ] {
        let mut wrong = record.clone();
        *wrong.pointer_mut(pointer).unwrap() = value;
        assert!(!schema.is_valid(&wrong), "{pointer}");
    }
    let mut more = record;
    more["article"]["mood"] = json!("grim");
    assert!(!schema.is_valid(&more), "a field that the schema does not name");
}
