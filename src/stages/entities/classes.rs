//! Classes of words that the rules look at, from `classes.txt` beside this file.

use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A class of words; `classes.txt` says what each is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Title,
    Surname,
    Joiner,
    Pronoun,
    Preposition,
    Boundary,
    Speech,
    Being,
    Human,
    Locative,
    Function,
    Male,
    Female,
    Person,
    MaleName,
    FemaleName,
    Post,
    Body,
    Small,
    Auxiliary,
}

const NAMES: [(&str, Class); 20] = [
    ("title", Class::Title),
    ("surname", Class::Surname),
    ("joiner", Class::Joiner),
    ("pronoun", Class::Pronoun),
    ("preposition", Class::Preposition),
    ("boundary", Class::Boundary),
    ("speech", Class::Speech),
    ("being", Class::Being),
    ("human", Class::Human),
    ("locative", Class::Locative),
    ("function", Class::Function),
    ("male", Class::Male),
    ("female", Class::Female),
    ("person", Class::Person),
    ("male_name", Class::MaleName),
    ("female_name", Class::FemaleName),
    ("post", Class::Post),
    ("body", Class::Body),
    ("small", Class::Small),
    ("auxiliary", Class::Auxiliary),
];

/// The classes of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Classes(u32);

impl Classes {
    /// Those of a word in lower case.
    pub(super) fn of(word: &str) -> Self {
        let bare = word.trim_end_matches('.');
        TABLE.get(if bare.is_empty() { word } else { bare }).copied().unwrap_or_default()
    }

    /// Whether the word is in a class.
    pub(super) fn is(self, class: Class) -> bool {
        self.0 & 1 << class as u32 != 0
    }
}

static TABLE: LazyLock<BTreeMap<&'static str, Classes>> = LazyLock::new(|| {
    let mut table: BTreeMap<&str, Classes> = BTreeMap::new();
    let mut current = Classes::default();
    let lines = include_str!("classes.txt").lines().filter(|line| !line.starts_with('#'));
    for word in lines.flat_map(str::split_whitespace) {
        match NAMES.iter().find(|(name, _)| word.strip_suffix(':') == Some(name)) {
            Some((_, class)) => current = Classes(1 << *class as u32),
            None => table.entry(word).or_default().0 |= current.0,
        }
    }
    table
});

/// Whether a word in lower case is in a class.
pub(super) fn is(word: &str, class: Class) -> bool {
    Classes::of(word).is(class)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A class that is misspelt in the file would lend its words to the one before.
    #[test]
    fn every_class_has_words() {
        for (name, class) in NAMES {
            assert!(TABLE.values().any(|classes| classes.is(class)), "{name}");
        }
        assert!(TABLE.keys().all(|word| !word.ends_with(':') || *word == ":"));
    }

    #[test]
    fn no_first_name_is_both() {
        let both = |classes: &Classes| classes.is(Class::MaleName) && classes.is(Class::FemaleName);
        assert_eq!(TABLE.iter().find(|(_, classes)| both(classes)), None);
    }
}
