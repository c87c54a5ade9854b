//! The circuit breaker: a feed that turns into dead letters is a feed, or a configuration, that broke. The service then
//! pauses and says why, instead of emptying the input into the topic of dead letters.
//!
//! It decides and does nothing: the outlet tells it how articles ended and what time it is, and acts on its answers.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::dead_letter::Reason;
use crate::settings::{Problem, Time};

/// When the service pauses because too many articles end as dead letters.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The largest share of dead letters among the articles of the window, from 0 to 1; beyond it the service pauses.
    /// 1 never pauses.
    pub limit: f64,
    /// How far back articles count.
    pub window: Time,
    /// Fewer articles than this in the window say nothing.
    pub at_least: u64,
    /// How often a pause is tested on some articles from where it began: when they fare better the service goes on,
    /// else they are left to be read again. `copydesk resume` ends a pause at once.
    pub probe_every: Time,
}

impl Default for Settings {
    fn default() -> Self {
        Self { limit: 0.5, window: Time::seconds(300), at_least: 100, probe_every: Time::seconds(60) }
    }
}

impl Settings {
    pub(super) fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut demand = |right: bool, key: &str, what: &str| {
            if !right {
                problems.push(Problem::new(format!("service.breaker.{key}"), what));
            }
        };
        demand((0.0..=1.0).contains(&self.limit), "limit", "not a share; write a number from 0 to 1, 1 for no breaker");
        demand(self.window >= Time::seconds(1), "window", "too short to say anything; set at least 1s");
        demand(self.at_least > 0, "at_least", "no article would be enough to pause; set at least 1");
        demand(
            self.probe_every >= Time::seconds(1),
            "probe_every",
            "would keep the feed busy with tests; set at least 1s",
        );
        problems
    }
}

/// Articles that are enough to end a pause.
pub(super) const PROBE: usize = 20;

/// Parts of the window, each of which is forgotten at once.
const PARTS: u32 = 10;

/// The circuit breaker. Times are those of any one clock.
#[derive(Debug)]
pub(super) struct Breaker {
    settings: Settings,
    state: State,
    parts: VecDeque<Part>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Articles pass, and are counted.
    Closed,
    /// Articles pass whatever becomes of them, by order, until then.
    Forced(Duration),
    /// None pass; the next test is then.
    Open(Duration),
    /// Some are looked at before they may pass.
    Probing,
}

/// How the articles of a part of the window ended.
#[derive(Debug, Default)]
struct Part {
    began: Duration,
    ended: u64,
    dead: BTreeMap<Reason, u64>,
}

impl Breaker {
    pub(super) fn new(settings: Settings) -> Self {
        Self { settings, state: State::Closed, parts: VecDeque::new() }
    }

    /// Whether articles may not pass at present.
    pub(super) fn holds(&self) -> bool {
        matches!(self.state, State::Open(_) | State::Probing)
    }

    pub(super) fn probing(&self) -> bool {
        self.state == State::Probing
    }

    /// Counts an article that is about to be published, a dead letter by its reason. When that is one too many it says
    /// why, and the article must not pass.
    pub(super) fn count(&mut self, dead: Option<Reason>, now: Duration) -> Option<String> {
        if let State::Forced(until) = self.state {
            if now < until {
                return None;
            }
            self.state = State::Closed;
        }
        let length = self.settings.window.0;
        self.parts.retain(|part| part.began + length > now);
        if self.parts.back().is_none_or(|part| now >= part.began + length / PARTS) {
            self.parts.push_back(Part { began: now, ..Part::default() });
        }
        let part = self.parts.back_mut()?;
        part.ended += 1;
        *part.dead.entry(dead?).or_default() += 1;
        let (ended, dead) = (self.ended(), self.dead());
        if ended < self.settings.at_least
            || self.settings.limit >= 1.0
            || dead as f64 <= self.settings.limit * ended as f64
        {
            return None;
        }
        let why = self.why(ended, dead);
        self.state = State::Open(now + self.settings.probe_every.0);
        self.parts.clear();
        Some(why)
    }

    /// Whether it is time for a test, which then has begun.
    pub(super) fn probe(&mut self, now: Duration) -> bool {
        let due = matches!(self.state, State::Open(at) if now >= at);
        if due {
            self.state = State::Probing;
        }
        due
    }

    /// The end of a test of `ended` articles, of which `dead` were dead letters: true if all may pass from here on.
    pub(super) fn judge(&mut self, ended: usize, dead: usize, now: Duration) -> bool {
        let better = dead as f64 <= self.settings.limit * ended as f64;
        self.state = if better { State::Closed } else { State::Open(now + self.settings.probe_every.0) };
        better
    }

    /// Ends a pause by order, and lets articles pass for a window; false if there was no pause.
    pub(super) fn force(&mut self, now: Duration) -> bool {
        let held = self.holds();
        if held {
            self.state = State::Forced(now + self.settings.window.0);
        }
        held
    }

    fn ended(&self) -> u64 {
        self.parts.iter().map(|part| part.ended).sum()
    }

    fn dead(&self) -> u64 {
        self.parts.iter().flat_map(|part| part.dead.values()).sum()
    }

    fn why(&self, ended: u64, dead: u64) -> String {
        let mut reasons = BTreeMap::<Reason, u64>::new();
        for (reason, count) in self.parts.iter().flat_map(|part| &part.dead) {
            *reasons.entry(*reason).or_default() += count;
        }
        let mut reasons: Vec<(Reason, u64)> = reasons.into_iter().collect();
        reasons.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let reasons: Vec<String> = reasons.iter().map(|(reason, count)| format!("{} {count}", reason.code())).collect();
        format!(
            "{dead} of the last {ended} articles ended as dead letters ({}), more than service.breaker.limit allows; the \
             articles stay in their topic; look at `copydesk dead list`, mend the feed or the configuration, or let \
             them pass with `copydesk resume`",
            reasons.join(", ")
        )
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DEAD: Option<Reason> = Some(Reason::InvalidJson);

    fn breaker(limit: f64) -> Breaker {
        Breaker::new(Settings { limit, at_least: 10, ..Settings::default() })
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// The first few articles of a feed say nothing, and neither do dead letters of yesterday.
    #[test]
    fn it_takes_enough_articles_within_the_window() {
        let mut few = breaker(0.5);
        assert!((0..9).all(|_| few.count(DEAD, at(0)).is_none()));
        let why = few.count(DEAD, at(1)).unwrap();
        assert!(why.contains("10 of the last 10 articles") && why.contains("invalid_json 10"), "{why}");
        assert!(few.holds());

        let mut slow = breaker(0.5);
        assert!((0..1000).all(|minute| slow.count(DEAD, at(60 * minute)).is_none()));
    }

    #[test]
    fn a_test_ends_the_pause_or_puts_it_off() {
        let mut breaker = breaker(0.5);
        while breaker.count(DEAD, at(0)).is_none() {}
        assert!(!breaker.probe(at(59)) && breaker.probe(at(60)) && breaker.probing());
        assert!(!breaker.judge(20, 11, at(61)) && breaker.holds());
        assert!(!breaker.probe(at(62)) && breaker.probe(at(121)));
        assert!(breaker.judge(20, 10, at(122)) && !breaker.holds());
        // What led to the pause is not held against what comes after it.
        assert!((0..9).all(|_| breaker.count(DEAD, at(123)).is_none()));
    }

    #[test]
    fn an_order_lets_everything_pass_for_a_window() {
        let mut breaker = breaker(0.5);
        assert!(!breaker.force(at(0)), "there is nothing to end");
        while breaker.count(DEAD, at(0)).is_none() {}
        assert!(breaker.force(at(1)) && !breaker.holds());
        assert!((1..300).all(|second| breaker.count(DEAD, at(second)).is_none()));
        assert!((0..10).any(|_| breaker.count(DEAD, at(302)).is_some()));
    }

    proptest! {
        /// However the dead letters are mixed in: it opens only beyond the limit, and never at 1.
        #[test]
        fn it_opens_beyond_the_limit_and_not_before(
            limit in 0.0..=1.0_f64,
            ends in proptest::collection::vec(any::<bool>(), 1..300),
        ) {
            let mut breaker = breaker(limit);
            for (index, dead) in ends.iter().enumerate() {
                let bad = ends[..=index].iter().filter(|dead| **dead).count() as f64;
                let beyond = *dead && limit < 1.0 && index + 1 >= 10 && bad > limit * (index + 1) as f64;
                prop_assert_eq!(breaker.count(dead.then_some(Reason::NotUtf8), at(1)).is_some(), beyond);
                if beyond {
                    break;
                }
            }
        }
    }
}
