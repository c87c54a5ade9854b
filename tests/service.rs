//! The run loop on a Kafka in memory: whatever happens to it, each article ends exactly once, and in order.
//!
//! Threads are real and their timing is not under the seed; the invariants have to hold for any.

#![allow(clippy::unwrap_used, reason = "a test stops at what it did not expect")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use copydesk::dead_letter::{Reason, letter};
use copydesk::io::memory::{Faults, Memory, MemoryIntake};
use copydesk::io::{Event, Intake};
use copydesk::message::{Destination, Enrich, Header, Message, Partition, Position, RawArticle};
use copydesk::service::{self, Exit, Running, Settings, Shutdown, State, Status, breaker};
use copydesk::settings::{Bytes, Time};
use proptest::prelude::*;

/// Enriches by what the article says: `panic`, `poison`, `slow`, or else at once.
struct Script;

impl Enrich for Script {
    fn enrich(&self, article: &RawArticle) -> Vec<Message> {
        let payload = article.payload.clone().unwrap_or_default();
        match payload.get(..5) {
            Some(b"panic") => panic!("the script says so"),
            Some(b"poiso") => return vec![letter(article, Reason::InvalidJson, "poison", None)],
            Some(b"nothi") => return Vec::new(),
            Some(b"slow ") => std::thread::sleep(Duration::from_millis(3)),
            Some(b"sleep") => std::thread::sleep(Duration::from_millis(500)),
            _ => {}
        }
        let (key, headers) = (article.key.clone(), article.headers.clone());
        vec![Message { destination: Destination::Enriched, key, payload: Some(payload), headers }]
    }
}

/// The script, each of whose records says by which edition of it they were made.
struct Edition(usize);

impl Enrich for Edition {
    fn enrich(&self, article: &RawArticle) -> Vec<Message> {
        let mut messages = Script.enrich(article);
        for message in messages.iter_mut().filter(|message| message.destination == Destination::Enriched) {
            message.headers.push(Header { name: "edition".into(), value: Some(self.0.to_string().into()) });
        }
        messages
    }
}

/// The editions whose records one transaction holds.
fn editions(transaction: &[Message]) -> BTreeSet<String> {
    transaction
        .iter()
        .map(|message| message.header("edition").into_owned())
        .filter(|edition| !edition.is_empty())
        .collect()
}

/// Never comes back.
struct Never;

impl Enrich for Never {
    fn enrich(&self, _: &RawArticle) -> Vec<Message> {
        loop {
            std::thread::park();
        }
    }
}

/// Finds every article wrong until it is mended.
struct Mendable(Arc<AtomicBool>);

impl Enrich for Mendable {
    fn enrich(&self, article: &RawArticle) -> Vec<Message> {
        match self.0.load(Ordering::Relaxed) {
            true => Script.enrich(article),
            false => vec![letter(article, Reason::InvalidField, "not mended yet", None)],
        }
    }
}

struct Instance {
    running: Running,
    status: Arc<Status>,
    member: u64,
    id: String,
}

impl Instance {
    fn start(memory: &Memory, id: &str, settings: &Settings, enrich: impl Enrich + 'static) -> Self {
        let (intake, outlet) = memory.connect(id);
        let member = intake.member();
        let status = Arc::new(Status::new(settings.stall_deadline.0));
        let (doors, enrich) = ((|| Ok(intake), || Ok(outlet)), Arc::new(enrich));
        let running = service::start(settings, doors, enrich, Arc::clone(&status), Shutdown::default()).unwrap();
        Self { running, status, member, id: id.to_owned() }
    }

    fn stop(self) -> Arc<Status> {
        self.running.shutdown().begin();
        let exit = self.running.join();
        assert!(matches!(exit, Exit::Finished), "{exit:?}");
        self.status
    }
}

fn settings() -> Settings {
    Settings {
        workers: Some(3),
        commit_interval: Time::millis(10),
        commit_records: 20,
        shutdown_deadline: Time::seconds(10),
        ..Settings::default()
    }
}

/// Keeps the panics that a test asks for out of its output.
fn quiet_panics() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let default = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if info.payload_as_str() != Some("the script says so") {
                default(info);
            }
        }));
    });
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < deadline, "not within 30 s: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// The `partition/offset` of the article that `message` was made of.
fn origin(message: &Message) -> (i32, i64) {
    let header = message.headers.iter().find(|header| header.name == "position").unwrap();
    let text = String::from_utf8(header.value.clone().unwrap()).unwrap();
    let (partition, offset) = text.split_once('/').unwrap();
    (partition.parse().unwrap(), offset.parse().unwrap())
}

#[derive(Debug, Clone)]
enum Step {
    Produce { partition: i32, gap: i64, payloads: Vec<&'static str> },
    Join,
    Kill(usize),
    Stop(usize),
    Expire(usize),
    Replace(usize),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let payload = prop_oneof![
        12 => Just("plain"),
        2 => Just("slow as treacle"),
        1 => Just("panic"),
        1 => Just("poison"),
        1 => Just("nothing"),
        1 => Just("large, far too large for the topic that it should go to"),
    ];
    prop_oneof![
        6 => (0..3, 0..3_i64, prop::collection::vec(payload, 1..40))
            .prop_map(|(partition, gap, payloads)| Step::Produce { partition, gap, payloads }),
        1 => Just(Step::Join),
        1 => (0..3_usize).prop_map(Step::Kill),
        1 => (0..3_usize).prop_map(Step::Stop),
        1 => (0..3_usize).prop_map(Step::Expire),
        2 => (0..3_usize).prop_map(Step::Replace),
        3 => (0..15_u64).prop_map(Step::Wait),
    ]
}

/// Plays `steps` and ends in good order; gives what was produced and what came out, as offsets by partition.
fn play(memory: &Memory, steps: Vec<Step>) -> [BTreeMap<i32, Vec<i64>>; 2] {
    let mut produced = BTreeMap::<i32, Vec<i64>>::new();
    // A breaker that opens at the least occasion, and is told to close again.
    let breaker =
        breaker::Settings { limit: 0.2, at_least: 5, probe_every: Time::millis(20), window: Time::millis(200) };
    let settings = Settings { breaker, ..settings() };
    let mut instances = vec![Instance::start(memory, "first", &settings, Edition(0))];
    let (mut names, mut edition) = (0, 0);
    for step in steps {
        match step {
            Step::Produce { partition, gap, payloads } => {
                let offsets = produced.entry(partition).or_default();
                for (number, payload) in payloads.into_iter().enumerate() {
                    let gap = if number == 0 { gap } else { 0 };
                    offsets.push(offsets.last().copied().unwrap_or(-1) + 1 + gap);
                    memory.produce(partition, gap, payload.as_bytes());
                }
            }
            Step::Join if instances.len() < 3 => {
                names += 1;
                instances.push(Instance::start(memory, &format!("later {names}"), &settings, Edition(0)));
            }
            Step::Kill(which) if which < instances.len() => {
                let killed = instances.remove(which);
                memory.kill(killed.member);
                assert!(matches!(killed.running.join(), Exit::Failed(_)));
                // As an orchestrator does: the same slot, the same transactional id.
                instances.push(Instance::start(memory, &killed.id, &settings, Edition(0)));
            }
            Step::Stop(which) if which < instances.len() && instances.len() > 1 => {
                instances.remove(which).stop();
            }
            Step::Expire(which) if which < instances.len() => memory.expire(instances[which].member),
            Step::Replace(which) if which < instances.len() => {
                edition += 1;
                instances[which].running.enrichment().replace(Arc::new(Edition(edition)));
            }
            Step::Wait(millis) => std::thread::sleep(Duration::from_millis(millis)),
            _ => {}
        }
    }
    memory.calm();
    wait_until("everything is committed", || {
        for instance in &instances {
            instance.status.resume();
        }
        memory.lag() == 0
    });
    for instance in instances {
        let status = instance.stop();
        assert_eq!((status.in_flight.articles(), status.in_flight.bytes()), (0, 0));
    }
    let mut seen = BTreeMap::<i32, Vec<i64>>::new();
    for message in memory.output() {
        let (partition, offset) = origin(&message);
        seen.entry(partition).or_default().push(offset);
    }
    [produced, seen]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, max_shrink_iters: 0, failure_persistence: None, ..ProptestConfig::default() })]

    /// The promise of the service, under everything at once: completions in any order, panics, refused records, aborts,
    /// commits of unknown outcome, kills, shutdowns, lost sessions, members that come and go, files that are loaded anew.
    #[test]
    fn every_article_ends_exactly_once_and_in_order(
        seed in any::<u64>(),
        per_mille in prop_oneof![Just(0_u64), 1..15_u64],
        steps in prop::collection::vec(step(), 5..40),
    ) {
        quiet_panics();
        let memory = Memory::new(3, Faults { seed, per_mille, max_value: Some(40) });
        let [produced, seen] = play(&memory, steps);
        prop_assert_eq!(seen, produced);
        let mixed = memory.transactions().into_iter().find(|transaction| editions(transaction).len() > 1);
        prop_assert!(mixed.is_none(), "one transaction holds records of several editions: {mixed:?}");
    }
}

/// The outcome of each article is told by its message, and counted where telemetry looks for it.
#[test]
fn panics_empty_answers_and_refused_records_become_dead_letters_with_the_bytes_received() {
    quiet_panics();
    let memory = Memory::new(1, Faults { max_value: Some(40), ..Faults::default() });
    let large = "too large for the topic of enriched records, by far";
    let payloads = ["plain", "panic", "nothing", "poison", large, "plain", large, "plain"];
    for payload in payloads {
        memory.produce(0, 0, payload.as_bytes());
    }
    let instance = Instance::start(&memory, "only", &settings(), Script);
    wait_until("everything is committed", || memory.lag() == 0);
    let status = instance.stop();
    let output = memory.output();
    let received: Vec<&[u8]> = payloads.iter().map(|payload| payload.as_bytes()).collect();
    let sent: Vec<&[u8]> = output.iter().map(|message| message.payload.as_deref().unwrap()).collect();
    assert_eq!(sent, received);
    let reasons: Vec<Option<Reason>> = output.iter().map(Reason::of).collect();
    let (internal, large) = (Some(Reason::Internal), Some(Reason::TooLarge));
    assert_eq!(reasons, [None, internal, internal, Some(Reason::InvalidJson), large, None, large, None]);
    let counters = &status.counters;
    assert_eq!((counters.committed.get(), counters.enriched.get()), (8, 3));
    assert_eq!((counters.dead(Reason::Internal).get(), counters.dead(Reason::TooLarge).get()), (2, 2));
}

/// A quiet feed must not wait for the commit interval, which is longer here than the test waits.
#[test]
fn an_article_is_committed_at_once_when_nothing_else_is_in_flight() {
    let memory = Memory::new(1, Faults::default());
    let settings = Settings { commit_interval: Time::seconds(300), ..settings() };
    let instance = Instance::start(&memory, "only", &settings, Script);
    for _ in 0..3 {
        memory.produce(0, 0, b"plain");
        wait_until("the article is committed", || memory.lag() == 0);
    }
    instance.stop();
}

/// Whatever waits in memory counts against the limit, also behind an article that takes long: the intake stops there
/// and goes on below.
#[test]
fn a_backlog_larger_than_the_budget_is_read_in_parts() {
    let memory = Memory::new(2, Faults::default());
    let article = vec![b'x'; 64 * 1024];
    memory.produce(0, 0, b"sleep");
    for number in 0..400 {
        memory.produce(number % 2, 0, &article);
    }
    let settings = Settings { max_in_flight: Bytes::mib(1), commit_bytes: Bytes::kib(512), ..settings() };
    let instance = Instance::start(&memory, "only", &settings, Script);
    let mut most = 0;
    wait_until("everything is committed", || {
        most = most.max(instance.status.in_flight.bytes());
        memory.lag() == 0
    });
    let status = instance.stop();
    assert!(status.counters.pauses.get() > 0);
    assert!(most < 2 * Bytes::mib(1).as_usize(), "{most} bytes in flight");
}

/// Nothing of this partition has ever been committed by us, as in a service that dies again and again, or waits for its
/// outlet: the alarms go by the lag all the same.
#[test]
fn a_partition_has_a_lag_before_anything_of_it_is_committed() {
    let memory = Memory::new(1, Faults::default());
    (0..3).for_each(|_| memory.produce(0, 0, b"plain"));
    let settings = Settings { workers: Some(1), shutdown_deadline: Time::seconds(2), ..settings() };
    let instance = Instance::start(&memory, "only", &settings, Never);
    wait_until("the lag is known", || {
        let partitions = instance.status.partitions();
        partitions.values().any(|progress| progress.lag() == Some(3) && progress.lag_time().is_some())
    });
    assert_eq!(instance.status.counters.committed.get(), 0);
    instance.stop();
}

/// A worker that never comes back must end the process, or its partitions would stand still unseen.
#[test]
fn an_article_that_never_ends_stalls_the_service_and_is_named() {
    let memory = Memory::new(1, Faults::default());
    memory.produce(0, 0, b"plain");
    let settings = Settings { stall_deadline: Time::millis(400), ..settings() };
    let instance = Instance::start(&memory, "only", &settings, Never);
    let exit = instance.running.join();
    assert_eq!(exit.code(), 70);
    assert!(matches!(&exit, Exit::Stalled(why) if why.contains("articles.raw/0/0")), "{exit:?}");
}

/// A long article is read again by whoever comes next; the end does not wait for it.
#[test]
fn an_article_that_never_ends_does_not_hold_up_the_end() {
    let memory = Memory::new(1, Faults::default());
    memory.produce(0, 0, b"plain");
    let settings = Settings { shutdown_deadline: Time::seconds(2), ..settings() };
    let instance = Instance::start(&memory, "only", &settings, Never);
    wait_until("the article is in flight", || instance.status.in_flight.articles() == 1);
    instance.stop();
    assert_eq!(memory.lag(), 1);
}

/// An intake whose client never closes.
struct Stuck(MemoryIntake);

impl Intake for Stuck {
    fn poll(&mut self, wait: Duration) -> anyhow::Result<Option<Event>> {
        self.0.poll(wait)
    }
    fn release(&mut self) -> anyhow::Result<()> {
        self.0.release()
    }
    fn pause(&mut self, partitions: &[Partition]) {
        self.0.pause(partitions);
    }
    fn resume(&mut self, partitions: &[Partition]) {
        self.0.resume(partitions);
    }
    fn seek(&mut self, position: &Position) -> anyhow::Result<()> {
        self.0.seek(position)
    }
    fn close(self) {
        loop {
            std::thread::park();
        }
    }
}

/// A client that hangs while it closes is given up, and the exit code says so.
#[test]
fn an_end_that_takes_too_long_is_given_up() {
    let memory = Memory::new(1, Faults::default());
    let (intake, outlet) = memory.connect("only");
    let settings = Settings { shutdown_deadline: Time::millis(300), ..settings() };
    let status = Arc::new(Status::new(settings.stall_deadline.0));
    let doors = (|| Ok(Stuck(intake)), || Ok(outlet));
    let running = service::start(&settings, doors, Arc::new(Script), status, Shutdown::default()).unwrap();
    running.shutdown().begin();
    let exit = running.join();
    assert_eq!(exit.code(), 70);
    assert!(matches!(&exit, Exit::Stalled(why) if why.contains("shutdown_deadline: intake")), "{exit:?}");
}

/// A service that pauses after ten dead letters, with forty articles that all end so until it is mended.
fn paused() -> (Memory, Instance, Arc<AtomicBool>) {
    let memory = Memory::new(1, Faults::default());
    (0..40).for_each(|_| memory.produce(0, 0, b"plain"));
    let mended = Arc::new(AtomicBool::new(false));
    let breaker = breaker::Settings { at_least: 10, probe_every: Time::millis(50), ..breaker::Settings::default() };
    let settings = Settings { breaker, ..settings() };
    let instance = Instance::start(&memory, "only", &settings, Mendable(Arc::clone(&mended)));
    wait_until("it pauses", || instance.status.breaker_open());
    (memory, instance, mended)
}

/// A feed that turns bad must not be emptied into the dead letters; what was published before is not doubled after.
#[test]
fn too_many_dead_letters_pause_the_service_until_a_test_goes_well() {
    let (memory, instance, mended) = paused();
    let State::Waiting(why) = instance.status.state() else { panic!("{:?}", instance.status.state()) };
    assert!(why.contains("invalid_field") && why.contains("copydesk resume"), "{why}");
    assert!(instance.status.live().is_ok() && !instance.status.ready());
    // Several tests, none of which may publish anything.
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(memory.output().len(), 9);
    mended.store(true, Ordering::Relaxed);
    wait_until("everything is committed", || memory.lag() == 0);
    assert!(instance.status.ready() && !instance.status.resume());
    assert_eq!(instance.stop().counters.trips.get(), 1);
    let dead = memory.output().iter().filter(|message| message.destination == Destination::Dead).count();
    assert_eq!((memory.output().len(), dead), (40, 9));
}

/// An intake that gives up what it is told to, and gets nothing again.
struct Robbed(MemoryIntake);

impl Intake for Robbed {
    fn poll(&mut self, wait: Duration) -> anyhow::Result<Option<Event>> {
        self.0.poll(wait)
    }
    fn release(&mut self) -> anyhow::Result<()> {
        Ok(())
    }
    fn pause(&mut self, partitions: &[Partition]) {
        self.0.pause(partitions);
    }
    fn resume(&mut self, partitions: &[Partition]) {
        self.0.resume(partitions);
    }
    fn seek(&mut self, position: &Position) -> anyhow::Result<()> {
        self.0.seek(position)
    }
    fn close(self) {
        self.0.close();
    }
}

/// The flood goes to another member with its partition; an instance that has none left must not say for ever that it
/// pauses.
#[test]
fn a_pause_ends_where_no_partition_is_left() {
    let memory = Memory::new(1, Faults::default());
    (0..40).for_each(|_| memory.produce(0, 0, b"poison"));
    let breaker = breaker::Settings { at_least: 10, probe_every: Time::millis(50), ..breaker::Settings::default() };
    let settings = Settings { breaker, ..settings() };
    let (intake, outlet) = memory.connect("only");
    let member = intake.member();
    let status = Arc::new(Status::new(settings.stall_deadline.0));
    let doors = (|| Ok(Robbed(intake)), || Ok(outlet));
    let running = service::start(&settings, doors, Arc::new(Script), Arc::clone(&status), Shutdown::default()).unwrap();
    wait_until("it pauses", || status.breaker_open());
    memory.expire(member);
    wait_until("the pause ends", || !status.breaker_open());
    assert_eq!((memory.output().len(), status.partitions().len()), (9, 0));
    running.shutdown().begin();
    assert!(matches!(running.join(), Exit::Finished));
}

/// New files are for the articles that come, not for a restart: nothing is lost or doubled over the exchange, and every
/// transaction is of one edition.
#[test]
fn another_enrichment_takes_over_between_two_transactions() {
    let memory = Memory::new(2, Faults::default());
    (0..400).for_each(|number| memory.produce(number % 2, 0, b"slow to read"));
    let instance = Instance::start(&memory, "only", &settings(), Edition(1));
    wait_until("some are committed", || memory.output().len() > 40);
    instance.running.enrichment().replace(Arc::new(Edition(2)));
    wait_until("everything is committed", || memory.lag() == 0);
    assert_eq!(instance.stop().counters.exchanges.get(), 1);
    let transactions = memory.transactions();
    let order: Vec<BTreeSet<String>> = transactions.iter().map(|transaction| editions(transaction)).collect();
    assert!(order.iter().all(|editions| editions.len() == 1), "{order:?}");
    assert!(order.is_sorted() && order.first() != order.last(), "{order:?}");
    assert_eq!(memory.output().len(), 400);
}

/// A pause that began with the old files ends with the new ones, which may be the mend, and not before.
#[test]
fn another_enrichment_takes_over_during_a_pause() {
    let (memory, instance, _) = paused();
    instance.running.enrichment().replace(Arc::new(Script));
    wait_until("everything is committed", || memory.lag() == 0);
    assert_eq!(instance.stop().counters.exchanges.get(), 1);
    assert_eq!(memory.output().len(), 40);
}

/// A stretch of articles that are truly bad can be let through.
#[test]
fn a_pause_ends_by_order() {
    let (memory, instance, _) = paused();
    assert!(instance.status.resume());
    wait_until("everything is committed", || memory.lag() == 0);
    instance.stop();
    assert_eq!(memory.output().len(), 40);
}

/// To stop a service that pauses takes no longer than to stop another.
#[test]
fn a_pause_does_not_hold_up_the_end() {
    let (memory, instance, _) = paused();
    instance.stop();
    assert_eq!(memory.output().len(), 9);
}
