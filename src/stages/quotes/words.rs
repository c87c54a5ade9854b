//! The words of a paragraph as the rules see them: what stands between quotation marks is one piece, a mention knows its
//! entity, and each word has the few properties that the rules ask for.

use super::marks::Stretch;
use super::verbs::{Class, Verb, Verbs};
use crate::stages::encoder::Kind;
use crate::stages::entities::{Entities, Form};
use crate::text::{Span, Text};

/// A word, a mark of punctuation or a quotation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Word {
    pub(super) span: Span,
    pub(super) what: What,
    /// Properties, see [`Word::is`].
    pub(super) tags: u64,
    /// What cue verb it is a form of.
    pub(super) verb: Option<Verb>,
    /// What it reports as a noun.
    pub(super) noun: Option<Class>,
    /// The mention that it belongs to, by its place among all mentions.
    pub(super) mention: Option<usize>,
    /// Whether a sentence begins here.
    pub(super) opens_sentence: bool,
    /// Whether its first letter is a capital.
    pub(super) capital: bool,
}

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// Letters or digits.
    Word,
    /// The possessive 's.
    Possessive,
    Comma,
    Colon,
    Semicolon,
    /// A dash that stands apart.
    Dash,
    /// What ends a sentence.
    Stop,
    Open,
    Close,
    /// A quotation, by its place among the stretches of the paragraph.
    Quote(usize),
    Other,
}

/// Properties of words.
pub(super) mod tag {
    pub(in super::super) const DETERMINER: u64 = 1;
    pub(in super::super) const PREPOSITION: u64 = 1 << 1;
    pub(in super::super) const COORDINATOR: u64 = 1 << 2;
    pub(in super::super) const SUBORDINATOR: u64 = 1 << 3;
    pub(in super::super) const QUESTION: u64 = 1 << 4;
    pub(in super::super) const THAT: u64 = 1 << 5;
    /// Subjects: he, they, someone.
    pub(in super::super) const PRONOUN: u64 = 1 << 6;
    /// Objects: him, them.
    pub(in super::super) const OBJECT: u64 = 1 << 7;
    pub(in super::super) const AUXILIARY: u64 = 1 << 8;
    pub(in super::super) const BE: u64 = 1 << 9;
    pub(in super::super) const ADVERB: u64 = 1 << 10;
    pub(in super::super) const TIME: u64 = 1 << 11;
    /// A person by what he or she is: officials, lawyer, mayor.
    pub(in super::super) const PERSON: u64 = 1 << 12;
    /// What carries words of others: statement, report, letter.
    pub(in super::super) const SOURCE: u64 = 1 << 13;
    /// who, which.
    pub(in super::super) const RELATIVE: u64 = 1 << 14;
    pub(in super::super) const TO: u64 = 1 << 15;
    pub(in super::super) const POSSESSIVE_PRONOUN: u64 = 1 << 16;
    /// Those to whom things are told: reporters, lawmakers, CNN.
    pub(in super::super) const LISTENER: u64 = 1 << 17;
    /// A post that may stand before its holder's name.
    pub(in super::super) const TITLE: u64 = 1 << 18;
    /// Many, some, others: stand for people by themselves.
    pub(in super::super) const SOME: u64 = 1 << 19;
    pub(in super::super) const ACCORDING: u64 = 1 << 20;
    /// out, on: belong to a verb before them.
    pub(in super::super) const PARTICLE: u64 = 1 << 21;
    pub(in super::super) const HAVE: u64 = 1 << 22;
    pub(in super::super) const BY: u64 = 1 << 23;
    pub(in super::super) const IT: u64 = 1 << 24;
    /// this, these: may stand alone.
    pub(in super::super) const THIS: u64 = 1 << 25;
    /// May be the subject of a plural verb.
    pub(in super::super) const PLURAL: u64 = 1 << 26;
    /// Although, while: a clause of the reporter follows, no longer of who speaks.
    pub(in super::super) const CONCESSION: u64 = 1 << 27;
    pub(in super::super) const AS: u64 = 1 << 28;
    pub(in super::super) const FOR: u64 = 1 << 29;
    /// he, she: a person.
    pub(in super::super) const PERSONAL: u64 = 1 << 30;
    /// Ends like a participle.
    pub(in super::super) const ING: u64 = 1 << 31;
    pub(in super::super) const ED: u64 = 1 << 32;
    /// A text that speaks for who wrote it.
    pub(in super::super) const DOCUMENT: u64 = 1 << 33;
    pub(in super::super) const OF: u64 = 1 << 34;
    pub(in super::super) const NUMBER: u64 = 1 << 35;
    /// at least, at most
    pub(in super::super) const LEAST: u64 = 1 << 36;
    /// Make, express, voice: what a noun that reports is an object of.
    pub(in super::super) const VOICE: u64 = 1 << 37;
    /// Whose answer stands beside it: Berg's reply.
    pub(in super::super) const ANSWER: u64 = 1 << 38;
    pub(in super::super) const IN: u64 = 1 << 39;
    /// in Berg's view
    pub(in super::super) const VIEW: u64 = 1 << 40;
    pub(in super::super) const ONE: u64 = 1 << 41;
    /// What "according to" may measure things by, and nobody says: according to plan.
    pub(in super::super) const MEASURE: u64 = 1 << 42;
    /// you, by itself
    pub(in super::super) const YOU: u64 = 1 << 43;
    /// Forms that are no verb of a clause by themselves.
    pub(in super::super) const BARE: u64 = 1 << 44;
    /// by, from: name whose claim it is.
    pub(in super::super) const FROM: u64 = 1 << 45;
    /// What a reporter says of words that nobody else could check.
    pub(in super::super) const CHECKED: u64 = 1 << 46;
}

/// Closed classes, and the nouns of people and of what speaks for them.
const CLOSED: &[(u64, &str)] = &[
    (tag::DETERMINER, "the a an this these those that each every any no another both either neither all several"),
    (tag::DETERMINER | tag::POSSESSIVE_PRONOUN, "his her its their our my your whose"),
    (
        tag::PREPOSITION,
        "in on at by for from with without of about against between among amid during through throughout over under near inside outside into onto across along around behind beyond despite like unlike per upon within toward towards via beside besides following regarding concerning including alongside since until after before as ahead",
    ),
    (tag::PREPOSITION | tag::TO, "to"),
    (tag::COORDINATOR, "and or but nor yet then"),
    (
        tag::SUBORDINATOR,
        "because although though while whereas if unless as since until after before when once where whether so lest than",
    ),
    (tag::QUESTION, "what why how when where who whom whose which whether if whatever"),
    (tag::RELATIVE, "who which whom whose"),
    (tag::THAT, "that"),
    (
        tag::PRONOUN,
        "he she they we i it you someone somebody everyone everybody nobody one who he'd she'd they'd we'd i'd you'd he's she's it's they've we've i've you've he'll she'll they'll we'll i'll you'll i'm we're they're you're there there's that's",
    ),
    (tag::PRONOUN | tag::SOME, "many some others few several most"),
    (tag::OBJECT, "him her them us me himself herself themselves itself myself ourselves"),
    (
        tag::AUXILIARY,
        "has have had having do does did will would can could may might must shall should ought hasn't haven't hadn't don't doesn't didn't won't wouldn't can't couldn't cannot mustn't shouldn't he'd she'd they'd we'd i'd you'd they've we've i've you've he'll she'll they'll we'll i'll you'll",
    ),
    (
        tag::AUXILIARY | tag::BE,
        "is are was were be been being am there's that's isn't aren't wasn't weren't i'm we're they're you're he's she's it's gets got",
    ),
    (
        tag::ADVERB,
        "not n't never also later earlier then now still already again once ever often always sometimes even just only too further furthermore moreover however meanwhile instead else therefore thus rather soon ago here there yesterday today tomorrow tonight afterwards afterward first second finally long once twice both all himself herself themselves itself",
    ),
    (
        tag::TIME,
        "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september october november december yesterday today tomorrow tonight morning afternoon evening night week month year weekend midnight noon mon tue wed thu fri sat sun jan feb mar apr jun jul aug sept sep oct nov dec",
    ),
    (
        tag::PERSON,
        "official officials spokesman spokeswoman spokesperson spokespeople spokesmen minister ministers president presidents lawyer lawyers attorney attorneys police officer officers witness witnesses source sources expert experts analyst analysts economist economists scientist scientists researcher researchers professor professors doctor doctors nurse nurses teacher teachers student students resident residents neighbour neighbours neighbor neighbors relative relatives mother father parents parent brother sister son daughter wife husband widow widower uncle aunt cousin friend friends colleague colleagues activist activists protester protesters protestor campaigner campaigners critic critics supporter supporters opponent opponents lawmaker lawmakers legislator legislators senator senators congressman congresswoman representative representatives governor mayor councillor councillors councilman councilwoman judge judges prosecutor prosecutors investigator investigators authorities leader leaders chief chiefs head director directors manager managers chairman chairwoman chairperson chair executive executives ceo founder co-founder owner owners coach captain player players driver drivers worker workers farmer farmers trader traders investor investors shareholder shareholders union unions commander commanders general soldier soldiers sheriff detective detectives firefighter firefighters paramedic aide aides adviser advisers advisor advisors envoy envoys ambassador diplomat diplomats negotiator negotiators mediator secretary commissioner bishop archbishop pope priest imam rabbi pastor reverend author authors writer writers editor editors journalist journalists reporter reporters correspondent historian critics consultant consultants engineer engineers meteorologist meteorologists forecaster forecasters astronomer astronomers biologist biologists epidemiologist physician surgeon victim victims survivor survivors suspect suspects defendant defendants plaintiff plaintiffs man men woman women boy girl child children people person couple family families voter voters citizen citizens villager villagers refugee refugees migrant migrants passenger passengers pilot pilots guest guests fan fans actor actress singer musician artist director producer curator organiser organisers organizer organizers member members participant participants observer observers monitor monitors insider insiders veteran veterans rebel rebels militant militants king queen prince princess premier chancellor deputy deputies undersecretary administrator superintendent principal dean rector chairwoman treasurer whistleblower informant regulator regulators banker bankers broker strategist strategists",
    ),
    (
        tag::TITLE,
        "president minister secretary chancellor premier governor mayor senator chief head director chairman chairwoman chair commissioner ambassador envoy judge general commander king queen speaker leader attorney officer manager editor founder superintendent administrator inspector prosecutor representative",
    ),
    (
        tag::SOURCE,
        "statement statements report reports study studies survey poll letter memo document documents article website agency newspaper outlet broadcaster magazine channel station ministry department office government company firm group organisation organization party committee commission council court bank army military navy embassy administration authority bureau campaign federation association institute university club team union charity watchdog regulator parliament senate house opposition kremlin pentagon spokesperson complaint lawsuit indictment filing filings notice tweet post ruling order affidavit coalition militia movement junta foundation board panel tribunal",
    ),
    (
        tag::LISTENER,
        "reporters journalists parliament lawmakers mps congress senators court jurors investigators police officials viewers listeners delegates supporters voters television radio",
    ),
];

/// More on words above that a rule asks for by themselves.
const SINGLE: &[(u64, &str)] = &[
    (tag::ACCORDING, "according"),
    (tag::PARTICLE, "out on back in up off down along forward"),
    (tag::HAVE, "has have had having hasn't haven't hadn't he'd she'd they'd we'd i'd you'd they've we've i've you've"),
    (tag::BY, "by"),
    (tag::IT, "it"),
    (tag::THIS, "this these those"),
    (
        tag::PLURAL,
        "they we i you who people police many some others few several both those these men women children media mps others",
    ),
    (tag::CONCESSION, "although though while whereas despite"),
    (tag::AS, "as"),
    (tag::OF, "of about"),
    (tag::ANSWER, "response answer reply advice verdict message reaction explanation comment slogan motto mantra"),
    (tag::IN, "in"),
    (tag::VIEW, "view opinion words estimation telling judgment judgement eyes"),
    (tag::ONE, "one"),
    (
        tag::MEASURE,
        "plan plans schedule system systems theory theories method methods principle principles need needs taste tastes size age weight weights rank order type custom tradition rule rules ability abilities merit formula",
    ),
    (tag::YOU, "you"),
    (tag::BARE, "be been being having"),
    (tag::FROM, "by from"),
    (tag::PRONOUN | tag::SOME, "another"),
    (tag::LEAST, "least most"),
    (
        tag::VOICE,
        "made make makes making expressed express expresses expressing voiced voice voices voicing raised raise raises raising repeated repeating issued issuing gave gives giving dismissed defended share shares shared",
    ),
    (tag::NUMBER, "more fewer two three four five six seven eight nine ten dozens hundreds thousands numerous various"),
    (tag::DOCUMENT | tag::SOURCE, "statement letter email e-mail post tweet message memo note text posting"),
    (
        tag::CHECKED,
        "independent independently unconfirmed unverified corroborated verified verify verification confirmation",
    ),
    (tag::FOR, "for"),
    (tag::PERSONAL, "he she him her his he'd she'd he's she's he'll she'll"),
];

/// The words that the rules know.
pub(super) struct Lexicon {
    verbs: Verbs,
    /// In order of the words.
    tags: Vec<(&'static str, u64)>,
}

impl Lexicon {
    pub(super) fn new() -> Self {
        let words = CLOSED.iter().chain(SINGLE).flat_map(|(tag, words)| words.split(' ').map(move |word| (word, *tag)));
        let mut tags: Vec<(&'static str, u64)> = words.collect();
        tags.sort_unstable();
        tags.dedup_by(|(later, from), (kept, into)| {
            let same = later == kept;
            if same {
                *into |= *from;
            }
            same
        });
        Self { verbs: Verbs::new(), tags }
    }

    fn look_up(&self, word: &str) -> (u64, Option<Verb>) {
        let at = self.tags.binary_search_by(|(known, _)| (*known).cmp(word)).ok();
        let tags = at.and_then(|at| self.tags.get(at)).map_or(0, |(_, tags)| *tags);
        (tags, self.verbs.get(word))
    }
}

impl Word {
    /// Whether it has any of these properties.
    pub(super) fn is(&self, tags: u64) -> bool {
        self.tags & tags != 0
    }

    /// Whether it belongs to no closed class and is no word for people.
    pub(super) fn is_plain(&self) -> bool {
        self.tags & !(tag::PLURAL | tag::ING | tag::ED) == 0
    }

    pub(super) fn is_word(&self) -> bool {
        self.what == What::Word
    }

    pub(super) fn quote(&self) -> Option<usize> {
        match self.what {
            What::Quote(index) => Some(index),
            _ => None,
        }
    }
}

/// A mention with the entity it speaks of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named {
    pub(super) span: Span,
    pub(super) entity: usize,
    pub(super) kind: Kind,
    pub(super) form: Form,
}

/// The mentions of an article by name, and those by a pronoun or a role, each in order.
pub(super) fn mentions(entities: Option<&Entities>) -> (Vec<Named>, Vec<Named>) {
    let (mut names, mut others) = (Vec::new(), Vec::new());
    for (entity, all) in entities.iter().flat_map(|entities| entities.entities.iter().enumerate()) {
        for mention in &all.mentions {
            let list = if mention.form == Form::Name { &mut names } else { &mut others };
            list.push(Named { span: mention.span, entity, kind: all.kind, form: mention.form });
        }
    }
    for list in [&mut names, &mut others] {
        list.sort_by_key(|mention| (mention.span, mention.entity));
    }
    (names, others)
}

/// Names of one word that only one person or organisation bears, in order.
pub(super) fn known<'a>(text: &'a Text, mentions: &[Named]) -> Vec<(&'a str, usize)> {
    let one = |(at, named): (usize, &Named)| {
        let name = text.slice(named.span);
        let last = name.rsplit(is_space).next().filter(|last| last.chars().count() > 2)?;
        (named.kind == Kind::Person || last == name).then_some((last, at))
    };
    let mut known: Vec<(&str, usize)> = mentions.iter().enumerate().filter_map(one).collect();
    known.sort_unstable();
    let entity = |at: usize| mentions.get(at).map(|named| named.entity);
    let one = |bearers: &[(&'a str, usize)]| {
        let first = *bearers.first()?;
        bearers.iter().all(|(_, at)| entity(*at) == entity(first.1)).then_some(first)
    };
    known.chunk_by(|(name, _), (other, _)| name == other).filter_map(one).collect()
}

pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{200b}' | '\u{2060}' | '\u{feff}')
}

/// What words are made with.
pub(super) struct Source<'a> {
    pub(super) text: &'a Text,
    pub(super) lexicon: &'a Lexicon,
    pub(super) mentions: &'a [Named],
    /// Names of one word, in order, each with a mention of the one who bears it.
    pub(super) known: &'a [(&'a str, usize)],
    /// Where sentences begin, in order.
    pub(super) sentences: &'a [Span],
}

impl Source<'_> {
    /// The words of a paragraph with these stretches.
    pub(super) fn words(&self, paragraph: Span, stretches: &[Stretch]) -> Vec<Word> {
        let slice = self.text.slice(paragraph);
        let mut words: Vec<Word> = Vec::new();
        let mut at = 0;
        for (index, stretch) in stretches.iter().enumerate() {
            self.cut(paragraph, slice, at..stretch.outer.start() - paragraph.start(), &mut words);
            words.push(Word::of(stretch.outer, What::Quote(index)));
            at = stretch.outer.end() - paragraph.start();
        }
        self.cut(paragraph, slice, at..slice.len(), &mut words);
        self.mark_sentences(&mut words);
        self.mark_mentions(&mut words);
        words
    }

    /// Cuts what lies between two quotations.
    fn cut(&self, paragraph: Span, slice: &str, range: std::ops::Range<usize>, words: &mut Vec<Word>) {
        let start = range.start;
        let between = slice.get(range).unwrap_or_default();
        let mut rest = between.char_indices().peekable();
        while let Some((at, c)) = rest.next() {
            if is_space(c) {
                continue;
            }
            let mut end = at + c.len_utf8();
            let mut what = punctuation(c);
            if what == What::Other && is_letter(c) {
                what = What::Word;
                while let Some((next, c)) = rest.peek().copied() {
                    let after = between.get(next + c.len_utf8()..).and_then(|after| after.chars().next());
                    let joins = matches!(c, '\'' | '’' | '-' | '‑' | '.' | '&' | '@' | '/')
                        && after.is_some_and(is_letter)
                        && (c != '.' || end - at <= 4 || after.is_some_and(|c| c.is_ascii_digit()));
                    let possessive = matches!(c, '\'' | '’')
                        && matches!(after, Some('s' | 'S'))
                        && !between.get(next + c.len_utf8() + 1..).is_some_and(|tail| tail.starts_with(is_letter));
                    let dot = c == '.' && is_abbreviation(between.get(at..end).unwrap_or_default());
                    if possessive && !is_contraction(between.get(at..end).unwrap_or_default())
                        || !(is_letter(c) || joins || dot)
                    {
                        break;
                    }
                    rest.next();
                    end = next + c.len_utf8();
                }
            } else if matches!(c, '\'' | '’') && rest.peek().is_some_and(|(_, c)| matches!(c, 's' | 'S')) {
                rest.next();
                end += 1;
                what = What::Possessive;
            } else if matches!(c, '\'' | '’') {
                what = What::Possessive;
            } else if what == What::Dash || what == What::Stop {
                while let Some((next, c)) = rest.next_if(|(_, next)| punctuation(*next) == what) {
                    end = next + c.len_utf8();
                }
            }
            let Some(span) = self.text.span_in(paragraph, start + at..start + end) else { continue };
            let mut word = Word::of(span, what);
            if what == What::Word {
                self.know(&mut word, between.get(at..end).unwrap_or_default());
            }
            words.push(word);
        }
    }

    /// Looks a word up.
    fn know(&self, word: &mut Word, letters: &str) {
        word.capital = letters.starts_with(char::is_uppercase);
        // No word of the lexicon is longer, and none has other letters than these.
        let mut lower = [0; 24];
        let mut length = 0;
        for c in letters.chars() {
            let c = if c == '’' { '\'' } else { c };
            let Some(place) = lower.get_mut(length).filter(|_| c.is_ascii()) else { return };
            *place = (c as u8).to_ascii_lowercase();
            length += 1;
        }
        let key = lower.get(..length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
        (word.tags, word.verb) = self.lexicon.look_up(key);
        word.noun = self.lexicon.verbs.noun(key);
        if word.tags == 0 && key.len() > 4 && !word.capital && key.ends_with("ly") {
            word.tags |= tag::ADVERB;
        }
        if key.starts_with(|c: char| c.is_ascii_digit()) {
            word.tags |= tag::NUMBER;
        }
        if key.len() > 4 && key.ends_with("ing") {
            word.tags |= tag::ING;
        }
        if key.len() > 3 && key.ends_with("ed") {
            word.tags |= tag::ED;
        }
        if key.ends_with('s') && !key.ends_with("ss") && !word.is(tag::PRONOUN | tag::AUXILIARY) {
            word.tags |= tag::PLURAL;
        }
        // "May" is a month, "US" no pronoun.
        let shouted = letters.len() > 1 && letters.chars().all(char::is_uppercase);
        if shouted && word.is(tag::OBJECT) {
            word.tags = 0;
        }
        match key {
            "may" if word.capital => word.tags = tag::TIME,
            "may" | "march" if !word.capital => word.tags &= !tag::TIME,
            _ => {}
        }
    }

    fn mark_sentences(&self, words: &mut [Word]) {
        let Some(first) = words.first_mut() else { return };
        first.opens_sentence = true;
        let from = self.sentences.partition_point(|sentence| sentence.start() < first.span.start());
        let mut starts = self.sentences.iter().skip(from).map(|sentence| sentence.start()).peekable();
        let mut last = 0;
        for word in words {
            // A sentence that begins inside a quotation begins none outside.
            while starts.next_if(|start| *start < word.span.start() && *start < last).is_some() {}
            if starts.next_if(|start| *start <= word.span.start()).is_some() {
                word.opens_sentence = true;
            }
            last = word.span.end();
        }
    }

    fn mark_mentions(&self, words: &mut [Word]) {
        let Some(first) = words.first() else { return };
        let mut next = self.mentions.partition_point(|mention| mention.span.end() <= first.span.start());
        for word in words {
            while self.mentions.get(next).is_some_and(|mention| mention.span.end() <= word.span.start()) {
                next += 1;
            }
            let inside = |mention: &Named| mention.span.start() < word.span.end() && word.quote().is_none();
            word.mention = self.mentions.get(next).filter(|mention| inside(mention)).map(|_| next);
            // The same name where it was not read as one.
            if word.mention.is_none() && word.capital && word.is_plain() && word.verb.is_none() {
                let name = self.text.slice(word.span);
                let at = self.known.binary_search_by(|(known, _)| (*known).cmp(name)).ok();
                word.mention = at.and_then(|at| self.known.get(at)).map(|(_, mention)| *mention);
            }
        }
    }
}

impl Word {
    fn of(span: Span, what: What) -> Self {
        Self { span, what, tags: 0, verb: None, noun: None, mention: None, opens_sentence: false, capital: false }
    }
}

fn is_letter(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '$' | '£' | '€' | '%' | '#' | '@' | '_') || ('\u{300}'..='\u{36f}').contains(&c)
}

fn punctuation(c: char) -> What {
    match c {
        ',' => What::Comma,
        ':' => What::Colon,
        ';' => What::Semicolon,
        '—' | '–' | '-' | '―' => What::Dash,
        '.' | '!' | '?' | '…' => What::Stop,
        '(' | '[' | '{' => What::Open,
        ')' | ']' | '}' => What::Close,
        _ => What::Other,
    }
}

/// Whether a dot after these letters belongs to them.
fn is_abbreviation(letters: &str) -> bool {
    const KNOWN: &[&str] = &[
        "Mr", "Mrs", "Ms", "Dr", "Prof", "Gov", "Sen", "Rep", "Gen", "Col", "Lt", "Sgt", "Capt", "Maj", "Rev", "Hon",
        "St", "Jr", "Sr", "Sens", "Reps", "Supt", "Det", "Insp", "Cmdr", "Adm", "Brig", "Pres", "Atty",
    ];
    let mut characters = letters.chars();
    let initial = characters.next().is_some_and(char::is_uppercase) && characters.next().is_none();
    initial || KNOWN.contains(&letters) || letters.contains('.') && letters.len() <= 5
}

/// Whether 's after these letters is short for "is".
fn is_contraction(letters: &str) -> bool {
    ["he", "she", "it", "that", "there", "here", "what", "who", "let", "where", "how"]
        .iter()
        .any(|word| letters.eq_ignore_ascii_case(word))
}
