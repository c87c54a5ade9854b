//! The committed model through the whole pipeline, on an article like those that the feeds send.

use std::sync::{Arc, LazyLock};

use copydesk::model::Model;
use copydesk::pipeline::Pipeline;
use serde_json::{Value, json};

use crate::record_check::file;
use crate::support::{json as record_of, raw, reading};

static PIPELINE: LazyLock<Pipeline> = LazyLock::new(|| {
    let model = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/newsroom-en");
    reading(Arc::new(Model::load(&model, "default").unwrap()))
});

/// Texts of the mentions of the entity with a name.
fn mentions<'a>(record: &'a Value, kind: &str, name: &str) -> Vec<&'a str> {
    let entities = record["entities"].as_array().unwrap();
    let entity = entities.iter().find(|entity| entity["type"] == kind && entity["name"] == name);
    let entity = entity.unwrap_or_else(|| panic!("no {kind} {name} in {entities:#?}"));
    assert!(entity["mentions"][0]["sentiment"]["label"].is_string(), "{name} has no sentiment");
    entity["mentions"].as_array().unwrap().iter().map(|mention| mention["text"].as_str().unwrap()).collect()
}

/// What a reader sees in such an article: three persons with their surnames, places, the agency, and nobody of the credit.
#[test]
fn an_article_as_it_arrives_is_read_as_a_reader_would() {
    let record = record_of(&PIPELINE, &raw(file("tests/fixtures/twin.txt")));
    let solberg = ["Henrik Solberg", "his", "Solberg", "he", "Solberg", "his"];
    assert_eq!(mentions(&record, "person", "Henrik Solberg"), solberg);
    assert_eq!(mentions(&record, "person", "Clara Whitfield"), ["Clara Whitfield", "Whitfield", "Whitfield", "She"]);
    assert_eq!(mentions(&record, "person", "Daniel Marsh"), ["his", "Daniel Marsh", "Marsh"]);
    for place in ["Norway", "US", "Saudi Arabia", "Jeddah", "Washington", "Oslo", "Moscow", "Russia", "West"] {
        assert!(!mentions(&record, "place", place).is_empty());
    }
    for organisation in ["Reuters", "X"] {
        assert_eq!(mentions(&record, "organisation", organisation), [organisation]);
    }
    let organisations = record["entities"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entity| entity["type"] == "organisation" && entity["implied"].is_null());
    assert_eq!(organisations.count(), 2, "a post is no organisation");
    assert_eq!(record["article"]["credit"], "Fjord Lens");
    assert!(!record["entities"].to_string().contains("Lens"), "the credit is in the story");
    let saliences: f64 =
        record["entities"].as_array().unwrap().iter().filter_map(|entity| entity["salience"].as_f64()).sum();
    assert!((0.99..=1.0 + 1e-9).contains(&saliences), "{saliences}");
}

/// Which of the names of places are governments: all of Oslo and Washington but the Oslo that is given money, the Moscow
/// that claims but not the one that the storm passes over.
#[test]
fn its_places_are_meant_as_a_reader_means_them() {
    let record = record_of(&PIPELINE, &raw(file("tests/fixtures/twin.txt")));
    let entities = record["entities"].as_array().unwrap();
    let readings = |name: &str| {
        let entity = entities.iter().find(|entity| entity["name"] == name).unwrap();
        let reading = |mention: &Value| mention["reading"].as_str().unwrap().to_owned();
        entity["mentions"].as_array().unwrap().iter().map(reading).collect::<Vec<_>>().join(" ")
    };
    let powers = |name: &str| {
        let entity = entities.iter().find(|entity| entity["name"] == name).unwrap();
        let ids = entity["mentions"].as_array().unwrap().iter().filter_map(|mention| mention["stands_for"].as_str());
        let power = |id: &str| entities.iter().find(|entity| entity["id"] == id).unwrap()["name"].as_str().unwrap();
        ids.map(power).collect::<std::collections::BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    assert_eq!(readings("Moscow"), "literal literal metonym metonym metonym");
    assert_eq!(readings("Washington"), "metonym metonym metonym metonym");
    assert_eq!(readings("Oslo"), "metonym metonym metonym metonym metonym literal metonym");
    assert_eq!(readings("US"), "metonym demonym modifier modifier modifier modifier");
    assert_eq!(readings("Saudi Arabia"), "literal literal");
    assert_eq!(readings("Jeddah"), "literal literal");
    assert_eq!(readings("West"), "metonym");
    assert_eq!(powers("Moscow"), ["Government of Russia"]);
    assert_eq!(powers("Washington"), ["Government of the United States"]);
    assert_eq!(powers("Oslo"), ["Government of Norway"]);
    assert!(powers("West").is_empty());
    let norway = entities.iter().find(|entity| entity["name"] == "Norway").unwrap();
    assert_eq!(norway["geo"]["country"], "NO", "it is no town of the US, which follows");
}

/// Who said what: a pronoun whose name stands a paragraph up, an agency, officials without a name, a government.
#[test]
fn its_quotes_have_their_speakers() {
    let record = record_of(&PIPELINE, &raw(file("tests/fixtures/twin.txt")));
    let name = |id: &Value| {
        let entity = record["entities"].as_array().unwrap().iter().find(|entity| entity["id"] == *id);
        entity.map_or("", |entity| entity["name"].as_str().unwrap())
    };
    let quotes: Vec<_> = record["quotes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|quote| {
            let speaker = &quote["speaker"];
            let text = quote["text"].as_str().unwrap();
            (quote["kind"].as_str().unwrap(), speaker["text"].as_str().unwrap(), name(&speaker["entity"]), text)
        })
        .collect();
    for (kind, words, speaker, begins) in [
        ("indirect", "The agency", "", "trust between Oslo and Washington has suffered"),
        ("indirect", "Solberg", "Henrik Solberg", "Oslo’s offer would be fair"),
        ("direct", "he", "Henrik Solberg", "We hope for a short night,"),
        ("indirect", "Russian officials", "", "the storm sank at least 40 boats"),
        ("indirect", "Moscow", "Moscow", "a total of 212 trawlers had been damaged off Norway"),
        ("indirect", "Whitfield", "Clara Whitfield", "the quota a condition"),
        ("indirect", "She", "Clara Whitfield", "it could make up for the subsidies"),
        ("indirect", "Daniel Marsh", "Daniel Marsh", "the meeting would show how far Norway had moved"),
        ("direct", "Marsh", "Daniel Marsh", "We need to see the figures"),
    ] {
        let found = |quote: &&(&str, &str, &str, &str)| {
            let whole = !quote.3.contains("confirmation");
            (quote.0, quote.1, quote.2) == (kind, words, speaker) && quote.3.starts_with(begins) && whole
        };
        assert_eq!(quotes.iter().filter(found).count(), 1, "{begins}: {quotes:#?}");
    }
}

/// Numbers with who claims them, and which of them nobody confirmed.
#[test]
fn its_claims_have_their_sources() {
    let record = record_of(&PIPELINE, &raw(file("tests/fixtures/twin.txt")));
    let claims: Vec<Value> = record["claims"]
        .as_array()
        .unwrap()
        .iter()
        .map(|claim| {
            json!([claim["text"], claim["comparator"], claim["value"], claim["source"]["text"], claim["verification"]])
        })
        .collect();
    let wanted = [
        json!(["three airports", "exactly", 3, null, null]),
        json!(["at least 40 boats", "at_least", 40, "Russian officials", null]),
        json!(["at least one sailor", "at_least", 1, null, null]),
        json!(["dozens of ferries", "indefinite", null, null, null]),
        json!(["212 trawlers", "exactly", 212, "Moscow", "unconfirmed"]),
    ];
    assert_eq!(claims, wanted);
}

/// Days count from the day of publication where it is known, never from today.
#[test]
fn its_dates_rest_on_the_day_of_publication() {
    let text = String::from_utf8(file("tests/fixtures/twin.txt")).unwrap();
    let (title, body) = text.split_once("\n\n").unwrap();
    let dates = |published: Value| -> Vec<Value> {
        let article = json!({"title": title, "body": body, "published_at": published});
        let record = record_of(&PIPELINE, &raw(article.to_string()));
        let dates = record["dates"].as_array().unwrap().iter();
        dates.map(|date| json!([date["text"], date["resolved"], date["from"], date["to"]])).collect()
    };
    let placed = [
        json!(["last month", true, "2025-02-01", "2025-02-28"]),
        json!(["late on Sunday night", true, "2025-03-09", "2025-03-09"]),
        json!(["Monday night", true, "2025-03-10", "2025-03-10"]),
        json!(["since 2019", true, "2019-01-01", null]),
    ];
    assert_eq!(dates(json!("2025-03-11T09:00:00+01:00")), placed);
    let resolved: Vec<_> = dates(Value::Null).iter().map(|date| date[1].as_bool().unwrap()).collect();
    assert_eq!(resolved, [false, false, false, true]);
}

/// A replay on another day must write the same bytes, scores included.
#[test]
fn the_model_gives_the_same_bytes_again() {
    let article = raw(file("tests/fixtures/twin.txt"));
    let payload = || PIPELINE.messages(&article, &PIPELINE.process(&article)).remove(0).payload;
    assert_eq!(payload(), payload());
}

/// A text of one endless sentence and one of many words: windows are cut by the model, nothing is dropped in silence.
#[test]
fn a_sentence_without_end_is_read_whole() {
    let body = format!("Henrik Solberg came {} and Henrik Solberg left", "and went ".repeat(600));
    let record = record_of(&PIPELINE, &raw(body));
    assert_eq!(mentions(&record, "person", "Henrik Solberg").len(), 2);
}
