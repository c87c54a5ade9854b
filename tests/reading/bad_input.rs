//! Bad input, each with its clear outcome: a dead letter with a code, or a record that says what it lacks.
//!
//! No outcome may take time out of proportion: inputs of a megabyte are part of these tests, and an algorithm whose time
//! grows with the square of its input would keep them busy for hours.

use copydesk::dead_letter::{self, Reason};
use copydesk::message::{Destination, Message, RawArticle};
use copydesk::pipeline::Pipeline;
use copydesk::stages::encoder::Kind;
use serde_json::json;

use crate::support::{self, check, header, json, plain_pipeline, raw, scripted, with_header};

/// The one message for a record, a dead letter with the original bytes.
fn letter(raw: &RawArticle) -> Message {
    let pipeline = plain_pipeline();
    let mut messages = pipeline.messages(raw, &pipeline.process(raw));
    assert_eq!(messages.len(), 1);
    let letter = messages.remove(0);
    assert_eq!(letter.destination, Destination::Dead, "{:?}", letter.headers);
    assert_eq!((&letter.key, &letter.payload), (&raw.key, &raw.payload), "the original is touched");
    letter
}

/// Code and detail of the dead letter for a record.
fn rejected(raw: &RawArticle) -> (Reason, String) {
    let letter = letter(raw);
    (Reason::of(&letter).unwrap(), header(&letter, dead_letter::DETAIL).unwrap().to_owned())
}

/// A dead letter with this code whose detail has these words.
fn assert_rejected(payload: impl Into<Vec<u8>>, reason: Reason, words: &str) {
    let (found, detail) = rejected(&raw(payload));
    assert_eq!(found, reason, "{detail}");
    assert!(detail.contains(words), "{detail:?} does not say {words:?}");
}

#[test]
fn an_empty_value_and_a_tombstone_are_empty() {
    assert_rejected("", Reason::Empty, "value is empty");
    let tombstone = RawArticle { payload: None, ..raw("") };
    assert_eq!(rejected(&tombstone), (Reason::Empty, "the record is a tombstone".to_owned()));
}

#[test]
fn bytes_that_are_not_utf8_are_named_with_their_place() {
    assert_rejected(b"Caf\xe9 closes".to_vec(), Reason::NotUtf8, "byte 3");
    assert_rejected(b"{\"body\": \"Caf\xe9\"}".to_vec(), Reason::NotUtf8, "byte 13");
    assert_rejected(b"\xff\xfeU\x00T\x00F\x00".to_vec(), Reason::NotUtf8, "byte 0");
    // Half a character at the end, as of a value cut short.
    assert_rejected("Zoë".as_bytes()[..3].to_vec(), Reason::NotUtf8, "byte 2");
}

#[test]
fn json_that_is_no_object_is_invalid_json() {
    for payload in ["[1, 2]", "\"a text\"", "42", "null", "true", " [ ] "] {
        assert_rejected(payload, Reason::InvalidJson, "no object");
    }
    // Prose that begins with a bracket or a number is prose.
    assert_eq!(json(&plain_pipeline(), &raw("[Live] 43 ships wait at anchor"))["article"]["form"], "plain");
    assert_eq!(json(&plain_pipeline(), &raw("43 ships wait at anchor"))["article"]["form"], "plain");
}

#[test]
fn broken_json_is_named_with_its_place() {
    assert_rejected("{\"body\": \"cut", Reason::InvalidJson, "line 1");
    assert_rejected("{\"body\": \"a\"} and more", Reason::InvalidJson, "column");
    assert_rejected("{body: 1}", Reason::InvalidJson, "column");
    let declared = with_header(raw("no JSON at all"), "content-type", Some("application/json"));
    assert_eq!(rejected(&declared).0, Reason::InvalidJson);
}

/// The detail goes into headers and logs: it names the field and never quotes the article.
#[test]
fn fields_that_are_missing_or_of_another_type_are_named() {
    assert_rejected(json!({"title": "A"}).to_string(), Reason::InvalidField, "body is missing");
    assert_rejected("{}", Reason::InvalidField, "body is missing");
    for (field, value) in [
        ("id", json!(7)),
        ("title", json!(["secret"])),
        ("body", json!({"secret": 1})),
        ("source", json!(1.5)),
        ("byline", json!(false)),
        ("url", json!([])),
        ("version", json!(1.5)),
        ("version", json!({"secret": 1})),
        ("status", json!("secret")),
        ("status", json!(3)),
        ("published_at", json!("secret")),
        ("published_at", json!("2025-03-11")),
        ("published_at", json!(1_741_680_000)),
        ("embargoed_until", json!("tomorrow")),
        ("language", json!("secret words!")),
        ("language", json!(["en"])),
        ("supersedes", json!(1)),
    ] {
        let mut article = json!({"title": "A title", "body": "A body."});
        article[field] = value;
        let (reason, detail) = rejected(&raw(article.to_string()));
        assert_eq!(reason, Reason::InvalidField, "{field}: {detail}");
        assert!(detail.starts_with(&format!("{field} must be ")), "{detail}");
        assert!(!detail.contains("secret"), "the detail quotes the article: {detail}");
    }
}

#[test]
fn a_body_or_a_title_alone_is_an_article() {
    let pipeline = plain_pipeline();
    let body = json(&pipeline, &raw(json!({"body": "Rain fell. It went on."}).to_string()));
    assert_eq!((&body["text"], &body["article"]["title"]), (&json!("Rain fell. It went on."), &json!(null)));
    assert_eq!(body["segments"][0]["kind"], "paragraph");
    assert_eq!(body["sentences"].as_array().unwrap().len(), 2);
    for article in [json!({"title": "Rain falls", "body": ""}), json!({"title": "Rain falls", "body": null})] {
        let title = json(&pipeline, &raw(article.to_string()));
        assert_eq!(title["text"], "Rain falls");
        assert_eq!(title["segments"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn an_article_without_anything_to_read_has_no_text() {
    for payload in [
        json!({"body": ""}).to_string(),
        json!({"title": null, "body": null}).to_string(),
        json!({"title": " \u{200B}\u{FEFF} ", "body": "\n\t\u{AD}\u{0}"}).to_string(),
        " \n\r\n\t ".to_owned(),
        "\u{FEFF}\u{200B}".to_owned(),
    ] {
        assert_rejected(payload, Reason::NoText, "neither title nor body");
    }
}

#[test]
fn a_body_of_ten_megabytes_is_too_large() {
    let body = "word ".repeat(2_000_000);
    assert_rejected(json!({"body": body}).to_string(), Reason::TooLarge, "[article] max_bytes");
    assert_rejected(body, Reason::TooLarge, "10000000 bytes");
}

/// Inputs just below the limit that invite a look at everything for each part of it.
#[test]
fn a_megabyte_of_anything_is_read_in_one_go() {
    let size = 1_000_000;
    let fill = |unit: &str| unit.repeat(size / unit.len());
    let numbered = |unit: fn(usize) -> String| (0..size / unit(0).len()).map(unit).collect::<String>();
    let pipeline = plain_pipeline();
    let read = |pipeline: &Pipeline, payload: String| {
        let raw = raw(payload);
        let messages = pipeline.messages(&raw, &pipeline.process(&raw));
        // A million line ends hold nothing; a record of very many parts is larger than a topic takes.
        let reason = Reason::of(&messages[0]);
        assert!(matches!(reason, None | Some(Reason::NoText | Reason::TooLarge)), "{reason:?}");
    };
    let units = "x é . A.␣ a⏎ ⏎ -␣a⏎ a⇥b⏎ ( (Reporting␣by␣ By␣A⏎⏎ \" Dr.␣ Mr.␣A.␣ OSLO,␣ OSLO␣-␣ / (urn: ENDS⏎ *␣*␣*⏎ 1)␣ 's␣ A- UPDATE␣1-";
    let spelt = units.split(' ').map(|unit| unit.replace('␣', " ").replace('⇥', "\t").replace('⏎', "\n"));
    let odd = ["\u{200B}", "e\u{301}", "\u{301}", "👩\u{200D}", "\r", "\u{2028}a"].map(str::to_owned);
    for unit in spelt.chain(odd) {
        read(&pipeline, fill(&unit));
        read(&pipeline, format!("A title\n\n{}", fill(&unit)));
    }
    // Quotations that are never closed, sentences of cues alone, turns.
    for unit in
        ["“", "\"a\" ", "'a ", "«a ", "“a\n\n", "he said ", "he said that a, ", "“a,” he said, ", "according to a, "]
            .into_iter()
            .chain(["a in b say that ", "his view is that ", "a claim by ", "called by a as “b” ", "said if a, "])
            .chain(["Q: a?\n\nA: b.\n\n", "Q: a?\nA: I.\n", "I am.\n\nA: b.\n\nQ: ", "**Q:** **\n\n"])
    {
        read(&pipeline, fill(unit));
    }
    read(&pipeline, "- a\n".repeat(125_000) + &"a\n".repeat(250_000));
    read(&pipeline, numbered(|n| format!("By Name{n:06} Berg\n")));
    let names =
        [("Anna", Kind::Person), ("Anna Berg", Kind::Person), ("Tom Berg", Kind::Person), ("Berg", Kind::Person)];
    for unit in ["Anna ", "Anna Berg ", "Anna Berg (AB) ", "Anna Berg, Tom Berg, Berg. "] {
        read(&scripted(&names), fill(unit));
    }
}

/// Who is who is asked of every name and pronoun: an article of nothing else must take no longer for its length.
#[test]
fn an_article_of_only_names_and_one_of_only_pronouns_are_read_in_one_go() {
    let names: Vec<String> = (0..10_000).map(|n| format!("Anna Berg{n}")).collect();
    let pairs: Vec<(&str, Kind)> = names.iter().map(|name| (name.as_str(), Kind::Person)).collect();
    let read = |text: String| {
        let enriched = support::enriched(&scripted(&pairs), &raw(json!({"body": text, "language": "en"}).to_string()));
        let entities = enriched.document.layer::<copydesk::stages::entities::Entities>().unwrap();
        entities.entities.iter().map(|entity| entity.mentions.len()).collect::<Vec<_>>()
    };
    assert_eq!(read(names.join(". ")), [1; 10_000]);
    assert_eq!(read(names.join(" and ")), [1; 10_000]);
    let pronouns = "he thanked her and his friend, ".repeat(10_000);
    assert_eq!(read(format!("Anna Berg1 came, {pronouns} and Anna Berg2 left.")).len(), 2);
    assert_eq!(read(format!("Anna Berg1 came. {}", "The president left. She left. ".repeat(10_000))).len(), 1);
}

#[test]
fn a_line_of_a_megabyte_without_spaces_becomes_a_record_or_names_the_limit() {
    let half = json(&plain_pipeline(), &raw("x".repeat(400_000)));
    assert_eq!(half["sentences"], json!([{"start": 0, "end": 400_000}]));
    assert_rejected("x".repeat(1_048_576), Reason::TooLarge, "[record] max_bytes");
}

#[test]
fn a_hundred_thousand_sentences_are_told_apart() {
    let raw = raw(format!("Title\n\n{}", "It is. ".repeat(100_000)));
    let enriched = support::enriched(&plain_pipeline(), &raw);
    let sentences = enriched.document.layer::<copydesk::stages::sentences::Sentences>().unwrap();
    assert_eq!(sentences.spans.len(), 100_001);
    assert_eq!(rejected(&raw).0, Reason::TooLarge);
}

#[test]
fn nul_and_control_characters_stay_in_the_text() {
    let record = json(&plain_pipeline(), &raw("A\u{0}B \u{7}title\n\nA \u{1B}[31mred\u{0} word.\u{1A}"));
    assert_eq!(record["text"], "A\u{0}B \u{7}title\n\nA \u{1B}[31mred\u{0} word.");
    let native = json(&plain_pipeline(), &raw(r#"{"title": "A\u0000B", "body": "\u0001\u001f x"}"#));
    assert_eq!(native["text"], "A\u{0}B\n\n\u{1}\u{1f} x");
}

#[test]
fn a_lone_surrogate_in_an_escape_is_invalid_json() {
    for body in [r"\ud800", r"\udc00", r"\ud800\ud800", r"a\ud83d b"] {
        assert_rejected(format!(r#"{{"body": "{body}"}}"#), Reason::InvalidJson, "line 1");
        assert_rejected(format!(r#"{{"body": "a", "note": "{body}"}}"#), Reason::InvalidJson, "line 1");
        assert_rejected(format!(r#"{{"body": "a", "{body}": 1}}"#), Reason::InvalidJson, "line 1");
    }
    assert_eq!(json(&plain_pipeline(), &raw(r#"{"body": "\ud83d\ude00 x"}"#))["text"], "😀 x");
}

#[test]
fn every_script_keeps_its_text() {
    for text in [
        "שלום עולם. זהו מבחן.",
        "مرحبا بالعالم. هذا اختبار.",
        "今日は晴れです。明日は雨でしょう。",
        "中国和法国在巴黎签署了协议。谈判持续了三天！",
        "👩‍🎨👨🏽‍🎨 🇫🇷 ❤️ and 𝔉raktur 𠮷",
        "Zoe\u{308} e\u{301}\u{301}\u{301}\u{301} \u{301}",
        "می\u{200C}خواهم \u{200F}x\u{200E} zero\u{200B}width\u{2060}joiner \u{202E}abc\u{202C}",
    ] {
        let record = json(&scripted(&[]), &raw(json!({"body": text}).to_string()));
        assert_eq!(record["text"], text);
    }
}

#[test]
fn json_nested_deep_is_invalid_json() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert_rejected(format!("{{\"body\": \"a\", \"x\": {deep}}}"), Reason::InvalidJson, "recursion limit");
    let open = format!("{{\"body\": \"a\", \"x\": {}", "{\"a\":".repeat(100_000));
    assert_rejected(open, Reason::InvalidJson, "recursion limit");
    assert_rejected(format!("{{\"body\": {deep}}}"), Reason::InvalidField, "body must be a string");
}

/// Readers of JSON disagree on which of two fields counts; an article must not depend on it.
#[test]
fn a_field_that_stands_there_twice_is_refused() {
    for field in ["id", "title", "body", "status", "version", "language", "published_at", "source"] {
        let twice = format!(r#"{{"body": "a", "{field}": null, "{field}": null}}"#);
        assert_rejected(twice, Reason::InvalidField, "twice");
    }
    assert_rejected(r#"{"body": "a", "x": 1, "x": 2}"#, Reason::InvalidField, "twice");
    // Escaped, it is the same name.
    assert_rejected(r#"{"body": "a", "bod\u0079": "b"}"#, Reason::InvalidField, "body stands there twice");
}

/// Each version of an article is enriched by itself; the topic is compacted by key.
#[test]
fn articles_with_one_id_get_one_key() {
    let pipeline = plain_pipeline();
    let message = |body: &str| {
        let raw = raw(json!({"id": "a-1", "body": body}).to_string());
        pipeline.messages(&raw, &pipeline.process(&raw)).remove(0)
    };
    let (first, second) = (message("One."), message("Two."));
    assert_eq!(first.key.as_deref(), Some(&b"a-1"[..]));
    assert_eq!(first.key, second.key);
    assert_ne!(first.payload, second.payload);
}

#[test]
fn an_id_of_ten_kilobytes_is_refused() {
    let long = "i".repeat(10_240);
    assert_rejected(json!({"id": long, "body": "a"}).to_string(), Reason::InvalidField, "max_id_bytes");
    let keyed = RawArticle { key: Some(long.into_bytes()), ..raw("A title") };
    assert_eq!(rejected(&keyed).0, Reason::InvalidField);
}

#[test]
fn headers_with_null_values_are_passed_on() {
    let article = with_header(with_header(raw("A title"), "trace", None), "content-type", None);
    let pipeline = plain_pipeline();
    let messages = pipeline.messages(&article, &pipeline.process(&article));
    let trace = messages[0].headers.iter().find(|header| header.name == "trace").unwrap();
    assert_eq!(trace.value, None);
    assert_eq!(header(&messages[0], "content-type"), Some("application/json"));
    let letter = letter(&with_header(raw(""), "trace", None));
    assert_eq!(letter.headers[0].value, None);
}

#[test]
fn an_unknown_language_skips_the_model_and_says_so() {
    let record = json(&scripted(&[]), &raw(json!({"body": "Some words.", "language": "tlh"}).to_string()));
    assert_eq!(record["article"]["language"], "tlh");
    assert!(record.get("entities").is_none());
    for stage in ["encoder", "entities", "sentiment"] {
        let report = record["stages"].as_array().unwrap().iter().find(|report| report["name"] == stage).unwrap();
        assert_eq!(report["status"], "skipped", "{stage}");
        assert_eq!(report["reason"], "the language is tlh, Copydesk reads en", "{stage}");
    }
}

#[test]
fn a_form_that_is_not_read_is_named() {
    for media in ["image/png", "text/html; charset=utf-8", "application/xml", "application/cloudevents+json", "\u{7}"] {
        let (reason, detail) = rejected(&with_header(raw("A title"), "content-type", Some(media)));
        assert_eq!(reason, Reason::UnknownForm, "{media}");
        assert!(detail.contains("native, plain"), "{detail}");
    }
    assert_rejected("<?xml version=\"1.0\"?><nitf/>", Reason::UnknownForm, "markup");
    assert_rejected("<!DOCTYPE html><html></html>", Reason::UnknownForm, "markup");
    let charset = with_header(raw("A title"), "content-type", Some("text/plain; charset=koi8-r"));
    assert!(rejected(&charset).1.contains("koi8-r"));
}

#[test]
fn a_record_over_the_limit_is_too_large_and_never_cut() {
    let settings = copydesk::record::Settings {
        max_bytes: copydesk::settings::Bytes::kib(4),
        ..copydesk::record::Settings::default()
    };
    let pipeline = support::pipeline(&support::modelless(), &settings, None);
    let article = raw(format!("A title\n\n{}", "A sentence. ".repeat(400)));
    let messages = pipeline.messages(&article, &pipeline.process(&article));
    assert_eq!(messages.len(), 1);
    assert_eq!(Reason::of(&messages[0]), Some(Reason::TooLarge));
    assert_eq!(header(&messages[0], dead_letter::STAGE), Some("record"));
    assert_eq!(messages[0].payload, article.payload);
    // The same article with room is a record.
    check(&json(&plain_pipeline(), &article));
}

/// With traces a record gets a header more on its way out. Whether it becomes a dead letter must not hang on that, nor may
/// the header take it past what the topic takes.
#[test]
fn a_record_has_room_for_the_context_of_a_trace() {
    let context = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let within = |max_bytes: usize, article: &copydesk::message::RawArticle| {
        let max_bytes = copydesk::settings::Bytes(u64::try_from(max_bytes).unwrap());
        let settings = copydesk::record::Settings { max_bytes, ..copydesk::record::Settings::default() };
        let pipeline = support::pipeline(&support::modelless(), &settings, None);
        pipeline.messages(article, &pipeline.process(article)).remove(0)
    };
    let wire = |message: &copydesk::message::Message| {
        let value = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
        let headers = message.headers.iter().map(|header| header.name.len() + value(&header.value) + 4);
        value(&message.key) + value(&message.payload) + headers.sum::<usize>()
    };
    let bare = raw("A title\n\nA sentence.");
    let traced = with_header(bare.clone(), "traceparent", Some(context));
    let most = wire(&within(100_000, &traced));
    for article in [bare, traced] {
        assert_eq!(Reason::of(&within(most, &article)), None);
        assert_eq!(Reason::of(&within(most - 1, &article)), Some(Reason::TooLarge));
    }
}
