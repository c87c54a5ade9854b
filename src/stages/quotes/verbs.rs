//! The verbs that report what somebody said, wrote or thought, with what each may stand before.
//!
//! A cue verb is listed by its base form; [`Verbs`] holds all its forms. What it may take is written as letters:
//!
//! | letter | it may take | as in |
//! | --- | --- | --- |
//! | `q` | quoted words | "…," she added |
//! | `c` | a clause, with or without "that" | said the road was closed |
//! | `t` | a clause that "that" or a question word opens | noted that the road was closed |
//! | `o` | somebody before it, to whom it is said | told reporters the road was closed |
//! | `i` | an infinitive | vowed to close the road |
//! | `n` | a noun phrase or a gerund | denied the charge, called it a mistake |
//! | `C`, `P` | a name for a thing; "on" or "for", which make it a demand | called it a mistake, called for help |
//! | `u` | hardly anything else than a clause | said prices rose |
//! | `p` | nothing, unless a particle follows | pointed out that |

use serde::Serialize;

/// What a cue verb does with the words: whoever weighs a claim needs to know who denied and who confirmed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// Says, tells, writes, according to: takes no side.
    Say,
    /// Claims, alleges, insists: leaves open whether it is so.
    Claim,
    /// Confirms, admits, verifies.
    Confirm,
    /// Denies, rejects, disputes.
    Deny,
    /// Asks, wonders.
    Ask,
    /// Urges, demands, orders.
    Urge,
    /// Promises, threatens, offers.
    Promise,
    /// Warns, predicts.
    Warn,
    /// Praises, accuses, calls a thing by a name.
    Judge,
    /// Shows, finds, learns: as reports, studies and documents do.
    Show,
    /// Thinks, believes, hopes, fears.
    Think,
}

/// Base forms by class and by what they may take.
const LEXICON: &[(Class, &str, &str)] = &[
    (Class::Say, "qcu", "say"),
    (
        Class::Say,
        "qc",
        "state declare announce convey explain add write note tweet joke quip recount repeat reiterate remark proclaim counter retort",
    ),
    (Class::Say, "qcou", "tell"),
    (Class::Say, "qco", "assure inform remind text email brief reassure notify message"),
    (
        Class::Say,
        "qt",
        "comment blog stress emphasise emphasize underline underscore observe mention recall remember reply respond answer clarify elaborate relate relay testify report signal detail reason quote lament complain grumble gripe boast brag reflect muse opine volunteer echo concur agree disagree post preach lecture swear affirm disclose interject interrupt intervene posit summarise summarize specify stipulate rejoin chorus confide gush enthuse rave vent fume rage thunder rant bemoan bewail decry",
    ),
    (
        Class::Say,
        "q",
        "continue conclude begin start go laugh smile shrug sigh shout yell scream cry whisper mutter murmur mumble exclaim snap bark growl chuckle grin wink nod sob weep scoff sneer groan moan stammer stutter drawl croak chant sing recite read bellow roar holler hiss plead sniff chime tease deadpan",
    ),
    (Class::Say, "qtp", "point spell chime hit fire lash put weigh speak talk shoot blurt"),
    (
        Class::Say,
        "tn",
        "outline describe discuss highlight cite reference reveal portray depict characterise characterize",
    ),
    (Class::Say, "tnC", "dub label term brand"),
    (Class::Say, "ti", "hint indicate imply suggest propose communicate publicise publicize broadcast"),
    (Class::Claim, "qc", "claim allege insist argue maintain contend assert"),
    (Class::Claim, "qt", "charge speculate profess submit purport suppose"),
    (Class::Confirm, "qcn", "confirm admit acknowledge concede"),
    (Class::Confirm, "tn", "verify certify corroborate authenticate"),
    (Class::Confirm, "t", "recognise recognize accept attest vouch"),
    (Class::Confirm, "qt", "confess"),
    (Class::Deny, "qcn", "deny"),
    (Class::Deny, "qtn", "dispute reject refute rebut dismiss contradict disavow repudiate disclaim"),
    (Class::Ask, "qto", "ask"),
    (Class::Ask, "qt", "wonder inquire enquire query"),
    (Class::Urge, "qto", "urge order instruct advise caution implore beg beseech"),
    (Class::Urge, "oi", "encourage command exhort"),
    (Class::Urge, "qtin", "demand"),
    (Class::Urge, "qt", "recommend request rule decree insist"),
    (Class::Promise, "qti", "promise vow pledge threaten guarantee"),
    (Class::Promise, "i", "offer agree consent undertake volunteer"),
    (Class::Warn, "qco", "warn"),
    (Class::Warn, "qct", "predict forecast"),
    (Class::Warn, "t", "foresee estimate calculate reckon prophesy"),
    (
        Class::Judge,
        "qn",
        "praise hail condemn denounce criticise criticize slam blast applaud welcome laud commend deplore mock ridicule chide scold rebuke berate",
    ),
    (Class::Judge, "n", "accuse blame fault deride lambast castigate"),
    (Class::Judge, "nCP", "call"),
    (Class::Urge, "P", "appeal"),
    (Class::Show, "t", "show find reveal learn discover demonstrate establish determine hear read see prove"),
    (Class::Think, "ci", "hope"),
    (
        Class::Think,
        "c",
        "think believe fear know feel guess suspect assume realise realize understand reckon imagine presume",
    ),
    (
        Class::Think,
        "t",
        "expect worry doubt consider conclude decide forget regret dream wish anticipate envisage envision surmise deduce infer notice recognise recognize trust",
    ),
];

/// Adjectives that report what somebody thinks, where "that" follows: is confident that, made clear that.
const ADJECTIVES: &[(Class, &str)] = &[
    (
        Class::Think,
        "confident sure certain concerned worried afraid convinced aware hopeful optimistic doubtful sceptical skeptical glad proud fearful",
    ),
    (Class::Claim, "adamant"),
    (Class::Say, "clear"),
];

/// Nouns that report, where "that" follows: her claim that, voiced fears that.
const NOUNS: &[(Class, &str)] = &[
    (Class::Claim, "claim claims allegation allegations assertion contention argument insistence accusation"),
    (Class::Say, "suggestion statement announcement comment comments remark remarks observation conclusion"),
    (Class::Think, "belief view opinion hope hopes fear fears concern concerns conviction doubt doubts suspicion"),
    (Class::Warn, "warning warnings prediction predictions"),
    (Class::Promise, "promise promises pledge vow threat threats assurance assurances"),
    (Class::Confirm, "admission acknowledgement acknowledgment confirmation"),
];

/// Forms that rules do not give: base, third person, past, past participle, -ing. Without the third person, the base is
/// far more often a noun, and left out too.
const IRREGULAR: &[[&str; 5]] = &[
    ["term", "", "termed", "termed", "terming"],
    ["detail", "", "detailed", "detailed", "detailing"],
    ["reason", "", "reasoned", "reasoned", "reasoning"],
    ["brand", "", "branded", "branded", "branding"],
    ["say", "says", "said", "said", "saying"],
    ["tell", "tells", "told", "told", "telling"],
    ["write", "writes", "wrote", "written", "writing"],
    ["think", "thinks", "thought", "thought", "thinking"],
    ["know", "knows", "knew", "known", "knowing"],
    ["feel", "feels", "felt", "felt", "feeling"],
    ["find", "finds", "found", "found", "finding"],
    ["show", "shows", "showed", "shown", "showing"],
    ["hear", "hears", "heard", "heard", "hearing"],
    ["read", "reads", "read", "read", "reading"],
    ["see", "sees", "saw", "seen", "seeing"],
    ["mean", "means", "meant", "meant", "meaning"],
    ["forget", "forgets", "forgot", "forgotten", "forgetting"],
    ["understand", "understands", "understood", "understood", "understanding"],
    ["foresee", "foresees", "foresaw", "foreseen", "foreseeing"],
    ["begin", "begins", "began", "begun", "beginning"],
    ["go", "goes", "went", "gone", "going"],
    ["put", "puts", "put", "put", "putting"],
    ["hit", "hits", "hit", "hit", "hitting"],
    ["shoot", "shoots", "shot", "shot", "shooting"],
    ["speak", "speaks", "spoke", "spoken", "speaking"],
    ["weep", "weeps", "wept", "wept", "weeping"],
    ["swear", "swears", "swore", "sworn", "swearing"],
    ["sing", "sings", "sang", "sung", "singing"],
    ["undertake", "undertakes", "undertook", "undertaken", "undertaking"],
    ["beg", "begs", "begged", "begged", "begging"],
    ["beseech", "beseeches", "besought", "besought", "beseeching"],
    ["spell", "spells", "spelled", "spelt", "spelling"],
    ["submit", "submits", "submitted", "submitted", "submitting"],
    ["admit", "admits", "admitted", "admitted", "admitting"],
    ["infer", "infers", "inferred", "inferred", "inferring"],
    ["confer", "confers", "conferred", "conferred", "conferring"],
    ["rebut", "rebuts", "rebutted", "rebutted", "rebutting"],
    ["refer", "refers", "referred", "referred", "referring"],
    ["slam", "slams", "slammed", "slammed", "slamming"],
    ["quip", "quips", "quipped", "quipped", "quipping"],
    ["chat", "chats", "chatted", "chatted", "chatting"],
    ["snap", "snaps", "snapped", "snapped", "snapping"],
    ["shrug", "shrugs", "shrugged", "shrugged", "shrugging"],
    ["nod", "nods", "nodded", "nodded", "nodding"],
    ["grin", "grins", "grinned", "grinned", "grinning"],
    ["sob", "sobs", "sobbed", "sobbed", "sobbing"],
    ["brag", "brags", "bragged", "bragged", "bragging"],
    ["chant", "chants", "chanted", "chanted", "chanting"],
    ["dub", "dubs", "dubbed", "dubbed", "dubbing"],
    ["sum", "sums", "summed", "summed", "summing"],
    ["blog", "blogs", "blogged", "blogged", "blogging"],
    ["label", "labels", "labelled", "labeled", "labelling"],
    ["signal", "signals", "signalled", "signaled", "signalling"],
    ["lie", "lies", "lied", "lied", "lying"],
    ["plead", "pleads", "pleaded", "pled", "pleading"],
    ["forecast", "forecasts", "forecast", "forecasted", "forecasting"],
    ["broadcast", "broadcasts", "broadcast", "broadcast", "broadcasting"],
];

/// The form of a verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Form {
    /// say
    Base,
    /// says
    Third,
    /// said: past, or a participle
    Past,
    /// written: a participle only
    Participle,
    /// saying
    Ing,
    /// confident: an adjective, listed with the verbs
    Adjective,
}

/// What a verb may take, as listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Takes(u16);

impl Takes {
    pub(super) const QUOTE: u16 = 1;
    pub(super) const CLAUSE: u16 = 2;
    pub(super) const THAT: u16 = 4;
    pub(super) const ADDRESSEE: u16 = 8;
    pub(super) const INFINITIVE: u16 = 16;
    pub(super) const NOUN: u16 = 32;
    pub(super) const PARTICLE: u16 = 64;
    /// call: a thing by a name
    pub(super) const NAMING: u16 = 128;
    /// call, appeal: "on" or "for" makes it a demand
    pub(super) const PREPOSITION: u16 = 256;
    /// say: what follows is a clause, as a rule
    pub(super) const USUAL: u16 = 512;

    fn of(letters: &str) -> Self {
        let bit = |letter| match letter {
            'q' => Self::QUOTE,
            'c' => Self::CLAUSE | Self::THAT,
            't' => Self::THAT,
            'o' => Self::ADDRESSEE | Self::INFINITIVE,
            'i' => Self::INFINITIVE,
            'n' => Self::NOUN,
            'p' => Self::PARTICLE,
            'C' => Self::NAMING,
            'P' => Self::PREPOSITION,
            'u' => Self::USUAL,
            _ => 0,
        };
        Self(letters.chars().map(bit).fold(0, |all, bit| all | bit))
    }

    /// What nouns and adjectives take.
    pub(super) fn that() -> Self {
        Self(Self::THAT)
    }

    /// What "according to" takes.
    pub(super) fn any_words() -> Self {
        Self(Self::QUOTE | Self::CLAUSE | Self::THAT)
    }

    /// Whether it may take any of these.
    pub(super) fn any(self, what: u16) -> bool {
        self.0 & what != 0
    }
}

/// A form of a cue verb.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verb {
    pub(super) form: Form,
    pub(super) class: Class,
    pub(super) takes: Takes,
}

/// All forms of all cue verbs.
pub(super) struct Verbs {
    /// In order of the forms.
    forms: Vec<(String, Verb)>,
    /// In order of the nouns.
    nouns: Vec<(&'static str, Class)>,
}

impl Verbs {
    pub(super) fn new() -> Self {
        let mut forms: Vec<(String, Verb)> = Vec::new();
        for (class, letters, bases) in LEXICON {
            for base in bases.split(' ') {
                for (form, word) in inflect(base) {
                    forms.push((word, Verb { form, class: *class, takes: Takes::of(letters) }));
                }
            }
        }
        for (class, words) in ADJECTIVES {
            let verb = Verb { form: Form::Adjective, class: *class, takes: Takes::that() };
            forms.extend(words.split(' ').map(|word| (word.to_owned(), verb)));
        }
        // Of a verb listed twice, the first class stays, and what either may take.
        forms.sort_by(|(one, a), (other, b)| (one, a.form).cmp(&(other, b.form)));
        forms.dedup_by(|(later, from), (kept, into)| {
            let same = later == kept;
            if same {
                into.takes = Takes(into.takes.0 | from.takes.0);
            }
            same
        });
        let nouns = NOUNS.iter().flat_map(|(class, words)| words.split(' ').map(move |word| (word, *class)));
        let mut nouns: Vec<(&'static str, Class)> = nouns.collect();
        nouns.sort_by_key(|(noun, _)| *noun);
        Self { forms, nouns }
    }

    /// What a noun in lower case reports, if it does.
    pub(super) fn noun(&self, word: &str) -> Option<Class> {
        let at = self.nouns.binary_search_by(|(noun, _)| (*noun).cmp(word)).ok()?;
        self.nouns.get(at).map(|(_, class)| *class)
    }

    /// The verb of which a word in lower case is a form.
    pub(super) fn get(&self, word: &str) -> Option<Verb> {
        let at = self.forms.binary_search_by(|(form, _)| form.as_str().cmp(word)).ok()?;
        self.forms.get(at).map(|(_, verb)| *verb)
    }
}

/// The forms of a verb.
fn inflect(base: &str) -> Vec<(Form, String)> {
    if let Some([base, third, past, participle, ing]) = IRREGULAR.iter().find(|forms| forms[0] == base) {
        let mut forms = vec![(Form::Third, *third), (Form::Past, *past), (Form::Ing, *ing)];
        if participle != past {
            // "labeled" is "labelled" elsewhere; "written" is never a past.
            let both = ["label", "signal", "spell", "plead", "forecast"].contains(base);
            forms.push((if both { Form::Past } else { Form::Participle }, participle));
        }
        if past != base && !third.is_empty() {
            forms.push((Form::Base, base));
        }
        forms.retain(|(_, word)| !word.is_empty());
        return forms.into_iter().map(|(form, word)| (form, word.to_owned())).collect();
    }
    let stem = base.strip_suffix('e').unwrap_or(base);
    let sibilant = ["s", "sh", "ch", "x", "z"].iter().any(|end| base.ends_with(end));
    let consonant_y = base.strip_suffix('y').filter(|stem| !stem.ends_with(['a', 'e', 'i', 'o', 'u']));
    let (third, past) = match consonant_y {
        Some(stem) => (format!("{stem}ies"), format!("{stem}ied")),
        None if sibilant => (format!("{base}es"), format!("{base}ed")),
        None => (format!("{base}s"), format!("{stem}ed")),
    };
    let ing = if base.ends_with("ee") { format!("{base}ing") } else { format!("{stem}ing") };
    vec![(Form::Base, base.to_owned()), (Form::Third, third), (Form::Past, past), (Form::Ing, ing)]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A wrong form is a cue that is never found.
    #[test]
    fn forms_follow_the_rules_of_spelling() {
        let verbs = Verbs::new();
        for (word, form) in [
            ("says", Form::Third),
            ("said", Form::Past),
            ("written", Form::Participle),
            ("denies", Form::Third),
            ("denied", Form::Past),
            ("announcing", Form::Ing),
            ("stresses", Form::Third),
            ("admitted", Form::Past),
            ("agreeing", Form::Ing),
            ("agreed", Form::Past),
            ("conveyed", Form::Past),
            ("put", Form::Past),
        ] {
            assert_eq!(verbs.get(word).map(|verb| verb.form), Some(form), "{word}");
        }
        assert_eq!(verbs.get("denied").map(|verb| verb.class), Some(Class::Deny));
        assert_eq!(verbs.get("runs"), None);
    }
}
