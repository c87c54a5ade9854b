//! The feed of the demo: every article has the outcome that its README promises.

use copydesk::dead_letter::Reason;
use copydesk::pipeline::Outcome;
use serde_json::Value;

use crate::record_check::check;
use crate::support::{plain_pipeline, raw};

/// The files in the feed with a suffix, in order.
fn feed() -> Vec<(String, Vec<u8>)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("demo/feed");
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let articles = entries.filter(|path| path.extension().is_some_and(|end| end == "json" || end == "txt"));
    let mut feed: Vec<_> = articles
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(path).unwrap()))
        .collect();
    feed.sort();
    feed
}

#[test]
fn what_is_broken_on_purpose_is_named_and_all_else_is_read() {
    let pipeline = plain_pipeline();
    let readme = String::from_utf8(crate::record_check::file("demo/feed/README.md")).unwrap();
    let mut broken = 0;
    for (name, bytes) in feed() {
        let article = raw(bytes);
        let outcome = pipeline.process(&article);
        let message = pipeline.messages(&article, &outcome).remove(0);
        let promised =
            readme.lines().find(|line| line.starts_with(&format!("| `{name}` |")) && name.contains("broken"));
        match (outcome, promised) {
            (Outcome::Rejected(rejection), Some(promise)) => {
                assert!(promise.contains(rejection.reason.code()), "{name}: {rejection:?}");
                assert_eq!(Reason::of(&message), Some(rejection.reason));
                broken += 1;
            }
            (Outcome::Enriched(_), None) => {
                check(&serde_json::from_slice::<Value>(message.payload.as_deref().unwrap()).unwrap())
            }
            (Outcome::Rejected(rejection), None) => panic!("{name}: {rejection:?}"),
            (Outcome::Enriched(_), Some(promise)) => panic!("{name} is read, but {promise}"),
        }
    }
    assert!(broken >= 6);
}
