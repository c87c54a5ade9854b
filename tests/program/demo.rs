//! `copydesk demo`: the first thing that anybody runs.

use crate::support::{Background, err, folder, out, program, run};

/// All that goes in comes out, and it ends.
#[test]
fn the_demo_shows_every_article_and_ends_by_itself() {
    let folder = folder();
    let output = run(&mut program(folder.path(), &["demo", "--articles", "70", "--rate", "1000"]), b"");
    let (shown, complaints) = (out(&output), err(&output));
    assert_eq!((output.status.code(), complaints.as_str()), (Some(0), ""), "{shown}");
    assert!(shown.contains("at least once"), "{shown}");
    assert!(!shown.contains('\u{1b}'), "colour on a pipe");
    let dead = ["invalid_json", "empty", "invalid_field", "not_utf8", "no_text"];
    for reason in dead {
        assert!(shown.contains(&format!("dead letter: {reason}")), "{reason}");
    }
    // 63 files, and the first 7 once more.
    assert!(shown.contains("70 articles: 64 enriched"), "{shown}");
    assert_eq!(shown.lines().filter(|line| line.starts_with('✓')).count(), 64);
    assert_eq!(shown.lines().filter(|line| line.starts_with('✗')).count(), 6);
    assert!(shown.contains("Vietnamese rice exporters") && shown.contains("(place"), "{shown}");
}

#[test]
fn the_demo_ends_at_a_signal() {
    let folder = folder();
    let mut demo = Background::start(&mut program(folder.path(), &["demo"]));
    demo.wait_for("at least once");
    demo.signal("INT");
    assert_eq!(demo.wait().code(), Some(0), "{}", demo.said());
}
