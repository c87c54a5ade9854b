//! The 22 plain texts with the segments and facts that a newsroom sees in them.

use copydesk::document::{About, Layer};
use copydesk::stages::segments::{Kind, Segments};
use serde_json::Value;

use crate::support::{self, enriched, file, plain_pipeline, raw, with_header};

fn fixtures() -> serde_json::Map<String, Value> {
    let expected: Value = serde_json::from_slice(&file("tests/fixtures/plain/expected.json")).unwrap();
    expected["files"].as_object().unwrap().clone()
}

/// The fixture as a record; what is not UTF-8 declares it.
fn article(name: &str, expected: &Value) -> copydesk::message::RawArticle {
    let raw = raw(file(&format!("tests/fixtures/plain/{name}")));
    match expected["encoding"].as_str() {
        Some("cp1252") => with_header(raw, "content-type", Some("text/plain; charset=windows-1252")),
        _ => raw,
    }
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().map(|values| values.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}

/// Every segment that an editor marked in the fixtures is found, with its kind and its exact words, and nothing else.
#[test]
fn segments_are_those_an_editor_marked() {
    let pipeline = plain_pipeline();
    let mut wrong = Vec::new();
    for (name, expected) in fixtures() {
        let enriched = enriched(&pipeline, &article(&name, &expected));
        let (text, segments) = (enriched.document.text(), enriched.document.layer::<Segments>().unwrap());
        let found: Vec<(String, String)> = segments
            .segments
            .iter()
            .map(|s| {
                (serde_json::to_value(s.kind).unwrap().as_str().unwrap().to_owned(), text.slice(s.span).to_owned())
            })
            .collect();
        let mut wanted: Vec<(String, String)> = expected["segments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| (s["kind"].as_str().unwrap().to_owned(), s["text"].as_str().unwrap().to_owned()))
            .collect();
        // The record's text begins with the title; what stood before it follows.
        let title = wanted.iter().position(|(kind, _)| kind == "title").unwrap();
        let title = wanted.remove(title);
        wanted.insert(0, title);
        if found != wanted {
            let missing: Vec<_> = wanted.iter().filter(|s| !found.contains(s)).collect();
            let extra: Vec<_> = found.iter().filter(|s| !wanted.contains(s)).collect();
            wrong.push(format!("{name}\n  missing {missing:#?}\n  extra {extra:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What the wire says about the article: status, version, embargo, markers, headline, the ids it takes back.
#[test]
fn facts_about_the_article_are_read() {
    let pipeline = plain_pipeline();
    for (name, expected) in fixtures() {
        let enriched = enriched(&pipeline, &article(&name, &expected));
        let article = enriched.document.article();
        let segments = enriched.document.layer::<Segments>().unwrap();
        assert_eq!(serde_json::to_value(article.status).unwrap(), expected["status"], "{name}: status");
        assert_eq!(article.version.as_deref(), expected["version"].as_str(), "{name}: version");
        assert_eq!(article.embargoed_until.as_deref(), expected["embargoed_until"].as_str(), "{name}: embargo");
        assert_eq!(article.supersedes.as_deref(), expected["supersedes"].as_str(), "{name}: supersedes");
        let action = article.markers.first().map_or("new", |marker| marker.kind.action());
        assert_eq!(Some(action), expected["action"].as_str(), "{name}: action");
        let markers: Vec<_> = segments
            .markers
            .iter()
            .map(|(marker, span)| (serde_json::to_value(marker.kind).unwrap(), enriched.document.text().slice(*span)))
            .collect();
        let wanted: Vec<_> = expected["markers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|m| (m["kind"].clone(), m["text"].as_str().unwrap()))
            .collect();
        assert_eq!(markers, wanted, "{name}: markers");
        let title = expected["segments"].as_array().unwrap().iter().find(|s| s["kind"] == "title").unwrap();
        let cut: usize = wanted.iter().map(|(_, text)| text.len()).sum();
        assert_eq!(article.headline(), title["text"].as_str().unwrap().get(cut..).map(str::trim), "{name}: headline");
    }
}

/// Staff, credits and datelines are read as facts, so that a consumer need not parse them again.
#[test]
fn staff_credits_and_datelines_are_read() {
    let pipeline = plain_pipeline();
    for (name, expected) in fixtures() {
        let enriched = enriched(&pipeline, &article(&name, &expected));
        let segments = enriched.document.layer::<Segments>().unwrap();
        assert_eq!(segments.staff.byline, strings(&expected["byline"]), "{name}: byline");
        assert_eq!(segments.staff.reporting, strings(&expected["reporting"]), "{name}: reporting");
        assert_eq!(segments.staff.writing, strings(&expected["writing"]), "{name}: writing");
        assert_eq!(segments.staff.editing, strings(&expected["editing"]), "{name}: editing");
        let credit = (!segments.credits.is_empty()).then(|| segments.credits.join("; "));
        assert_eq!(credit.as_deref(), expected["credit"].as_str(), "{name}: credit");
        let dateline = segments.datelines.first();
        let wanted = &expected["dateline"];
        assert_eq!(dateline.is_some(), wanted.is_object(), "{name}: dateline");
        if let Some(dateline) = dateline {
            assert_eq!(dateline.places, strings(&wanted["places"]), "{name}: places");
            assert_eq!(
                dateline.date.as_deref(),
                wanted["date_text"].as_str().map(|date| date.replace('\u{A0}', " ")).as_deref(),
                "{name}"
            );
            assert_eq!(dateline.agency.as_deref(), wanted["agency"].as_str(), "{name}: agency");
            let further = wanted["further"].as_array().cloned().unwrap_or_default();
            assert_eq!(segments.datelines.len() - 1, further.len(), "{name}: further datelines");
            for (found, wanted) in segments.datelines.iter().skip(1).zip(&further) {
                assert_eq!(found.places, strings(&wanted["places"]), "{name}: further places");
            }
        }
    }
}

/// The stages that find names read prose only: no name of staff, agency or picture is in it.
#[test]
fn prose_holds_no_staff() {
    let pipeline = plain_pipeline();
    for (name, expected) in fixtures() {
        let enriched = enriched(&pipeline, &article(&name, &expected));
        let segments = enriched.document.layer::<Segments>().unwrap();
        let prose: Vec<_> = segments.prose().collect();
        assert!(prose.iter().all(|s| !matches!(s.kind, Kind::Byline | Kind::Credit | Kind::Signoff | Kind::Dateline)));
        let speaks_to_editors = ["07", "08", "14", "15"].iter().any(|number| name.starts_with(number));
        assert_eq!(prose.is_empty(), speaks_to_editors, "{name}");
        let text: String = prose.iter().map(|s| enriched.document.text().slice(s.span)).collect();
        for staff in strings(&expected["reporting"]).into_iter().chain(strings(&expected["editing"])) {
            assert!(!text.contains(staff), "{name}: {staff} is in the story");
        }
    }
}

/// Undeclared bytes that are not UTF-8 are never guessed at.
#[test]
fn an_undeclared_character_set_is_rejected() {
    let raw = raw(file("tests/fixtures/plain/20_cp1252.txt"));
    let letter = &plain_pipeline().messages(&raw, &plain_pipeline().process(&raw))[0];
    assert_eq!(support::header(letter, "copydesk-error-reason"), Some("not_utf8"));
    assert_eq!(letter.payload, raw.payload);
}

/// The facts stand in the record under `article`.
#[test]
fn a_layer_adds_its_facts_to_the_article() {
    let raw = raw(file("tests/fixtures/plain/02_byline_dateline.txt"));
    let enriched = enriched(&plain_pipeline(), &raw);
    let facts = enriched.document.layer::<Segments>().unwrap().facts(About::Article);
    let names: Vec<_> = facts.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["byline", "dateline", "staff"]);
}
