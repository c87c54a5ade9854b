//! The committed model through the whole pipeline, on an article like those that the feeds send.

use std::sync::{Arc, LazyLock};

use copydesk::model::Model;
use copydesk::pipeline::Pipeline;
use serde_json::Value;

use crate::record_check::file;
use crate::support::{json, raw, reading};

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
    let record = json(&PIPELINE, &raw(file("tests/fixtures/twin.txt")));
    let solberg = ["Henrik Solberg", "his", "Solberg", "he", "Solberg"];
    assert_eq!(mentions(&record, "person", "Henrik Solberg"), solberg);
    assert_eq!(mentions(&record, "person", "Clara Whitfield"), ["Clara Whitfield", "Whitfield", "Whitfield"]);
    assert_eq!(mentions(&record, "person", "Daniel Marsh"), ["his", "Daniel Marsh", "Marsh"]);
    for place in ["Norway", "US", "Saudi Arabia", "Jeddah", "Kyiv", "Washington", "Oslo", "Ukraine", "Moscow", "Russia"]
    {
        assert!(!mentions(&record, "place", place).is_empty());
    }
    assert_eq!(mentions(&record, "organisation", "Reuters"), ["Reuters"]);
    let organisations = record["entities"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entity| entity["type"] == "organisation" && entity["implied"].is_null());
    assert_eq!(organisations.count(), 1, "a post is no organisation");
    assert_eq!(record["article"]["credit"], "Fjord Lens");
    assert!(!record["entities"].to_string().contains("Lens"), "the credit is in the story");
    let saliences: f64 =
        record["entities"].as_array().unwrap().iter().filter_map(|entity| entity["salience"].as_f64()).sum();
    assert!((0.99..=1.0 + 1e-9).contains(&saliences), "{saliences}");
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
    let record = json(&PIPELINE, &raw(body));
    assert_eq!(mentions(&record, "person", "Henrik Solberg").len(), 2);
}
