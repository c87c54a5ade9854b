//! Every span of every record equals its slice, in all three units, on any text.

use copydesk::stages::encoder::Kind;
use copydesk::text::OffsetUnit;
use proptest::prelude::*;

use crate::record_check::check;
use crate::support::{json, raw, scripted_in};

/// Pieces that articles are made of, and characters on which offsets go wrong.
fn piece() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "Anna Berg",
        "Berg",
        "Oslo",
        "US",
        "U.S.",
        "us",
        "Dr. ",
        ". ",
        "? ",
        "’s ",
        "“",
        "” ",
        "\n",
        "\n\n",
        "\r\n",
        "\r",
        " - ",
        "OSLO, March 3 (Northwire) - ",
        "OSLO — ",
        "By Anna Berg\n",
        "(Reporting by Anna Berg; Editing by X Y)\n",
        "• ",
        "\t",
        "- item\n",
        "1) item\n",
        "UPDATE 1-",
        "KILL: ",
        "Photo: Lens\n",
        "ENDS\n",
        "- - - -\n",
        "(Adds detail)\n",
        "👩‍🎨",
        "🇫🇷",
        "e\u{301}",
        "\u{200B}",
        "\u{2060}",
        "\u{FEFF}",
        "\u{AD}",
        "\u{202E}",
        "𠮷",
        "שלום",
        "。",
        "\u{0}",
        "\u{2028}",
        "EMBARGOED UNTIL 0600 GMT",
    ]);
    prop_oneof![4 => known.prop_map(str::to_owned), 1 => "\\PC{0,8}", 1 => any::<char>().prop_map(String::from)]
}

fn names() -> [(&'static str, Kind); 5] {
    [
        ("Anna Berg", Kind::Person),
        ("Berg", Kind::Person),
        ("Oslo", Kind::Place),
        ("US", Kind::Place),
        ("X Y", Kind::Organisation),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_span_of_a_plain_text_is_its_slice(pieces in prop::collection::vec(piece(), 1..40)) {
        let text = pieces.concat();
        let pipeline = scripted_in(&names(), OffsetUnit::Codepoint);
        let article = raw(text.clone());
        if let copydesk::pipeline::Outcome::Enriched(_) = pipeline.process(&article) {
            for unit in [OffsetUnit::Codepoint, OffsetUnit::Utf8, OffsetUnit::Utf16] {
                json(&scripted_in(&names(), unit), &article);
            }
        }
    }

    /// A native article is published letter for letter: title, blank line, body.
    #[test]
    fn the_text_of_a_native_article_is_title_and_body(
        title in prop::collection::vec(piece(), 1..4),
        body in prop::collection::vec(piece(), 1..20),
    ) {
        let (title, body) = (format!("T{}", title.concat()), format!("{}b", body.concat()));
        let article = serde_json::json!({"title": title, "body": body}).to_string();
        for unit in [OffsetUnit::Codepoint, OffsetUnit::Utf8, OffsetUnit::Utf16] {
            let record = json(&scripted_in(&names(), unit), &raw(article.clone()));
            let text = format!("{title}\n\n{body}");
            prop_assert_eq!(record["text"].as_str(), Some(text.as_str()));
        }
    }

    /// Whatever bytes come in, a message goes out: nothing is lost and nothing panics past the pipeline.
    #[test]
    fn any_bytes_have_an_outcome(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let pipeline = scripted_in(&names(), OffsetUnit::Utf16);
        let article = raw(bytes);
        let messages = pipeline.messages(&article, &pipeline.process(&article));
        prop_assert!(!messages.is_empty());
        if let Some(payload) = messages[0].payload.as_deref().filter(|_| messages[0].destination == copydesk::message::Destination::Enriched) {
            check(&serde_json::from_slice(payload).unwrap());
        }
    }
}

/// Segments leave white space between them and nothing else, or a part of the article would be lost to every stage.
#[test]
fn nothing_but_white_space_lies_between_segments() {
    proptest!(ProptestConfig::with_cases(300), |(pieces in prop::collection::vec(piece(), 1..40))| {
        let pipeline = scripted_in(&names(), OffsetUnit::Utf8);
        let article = raw(pieces.concat());
        if let copydesk::pipeline::Outcome::Enriched(enriched) = pipeline.process(&article) {
            let segments = &enriched.document.layer::<copydesk::stages::segments::Segments>().unwrap().segments;
            let text = enriched.document.text();
            let mut at = 0;
            for segment in segments {
                let gap = text.span(at..segment.span.start()).expect("segments overlap or are out of order");
                prop_assert!(!copydesk::article::has_ink(text.slice(gap)), "{:?}", text.slice(gap));
                at = segment.span.end();
            }
            prop_assert!(!copydesk::article::has_ink(text.slice(text.span(at..text.as_str().len()).unwrap())));
        }
    });
}
