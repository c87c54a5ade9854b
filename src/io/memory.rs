//! A Kafka in memory, for tests of the run loop: partitions, a consumer group, transactions whose messages and offsets
//! appear together and only on commit, and faults at any step under a seed.
//!
//! It keeps the promises of the broker that exactly-once rests on: only the owner of a partition can commit its offsets,
//! a transactional id has one live producer, and a commit that timed out may have succeeded all the same.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::ensure;

use super::{Event, Fault, Intake, Outlet, Report};
use crate::message::{Destination, Header, Message, Partition, Position, RawArticle};

/// How often calls fail, and how.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// Where the sequence of faults starts.
    pub seed: u64,
    /// Of a thousand calls of an outlet, how many fail.
    pub per_mille: u64,
    /// The largest value that the topic of enriched records takes, in bytes; none for any size.
    pub max_value: Option<usize>,
}

/// A cluster with one input topic and one consumer group. Clones are the same cluster.
#[derive(Debug, Clone)]
pub struct Memory(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    cluster: Mutex<Cluster>,
    changed: Condvar,
}

#[derive(Debug)]
struct Cluster {
    faults: Faults,
    random: u64,
    logs: BTreeMap<Partition, BTreeMap<i64, RawArticle>>,
    ends: BTreeMap<Partition, i64>,
    committed: BTreeMap<Partition, i64>,
    output: Vec<Message>,
    /// How many messages each committed transaction added to the output.
    transactions: Vec<usize>,
    members: BTreeMap<u64, Member>,
    joined: u64,
    /// The live producer of each transactional id.
    producers: BTreeMap<String, u64>,
    undecided: Vec<Undecided>,
}

/// A commit whose outcome nobody knows yet; readers of its offsets wait for it.
#[derive(Debug)]
struct Undecided {
    id: String,
    transaction: Transaction,
    succeeds: bool,
    until: Instant,
}

#[derive(Debug, Default, Clone)]
struct Transaction {
    messages: Vec<Message>,
    next: Vec<Position>,
}

#[derive(Debug, Default)]
struct Member {
    owned: BTreeSet<Partition>,
    releasing: bool,
    events: VecDeque<Event>,
    killed: bool,
}

/// Time in which an undecided commit is decided if no successor decides it before.
const UNDECIDED: Duration = Duration::from_millis(30);

impl Memory {
    /// A cluster whose input topic has `partitions`.
    pub fn new(partitions: i32, faults: Faults) -> Self {
        let topic: Arc<str> = "articles.raw".into();
        let all = (0..partitions).map(|number| Partition { topic: Arc::clone(&topic), number });
        let logs: BTreeMap<_, _> = all.map(|partition| (partition, BTreeMap::new())).collect();
        let cluster = Cluster {
            random: faults.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1,
            faults,
            ends: logs.keys().map(|partition| (partition.clone(), 0)).collect(),
            logs,
            committed: BTreeMap::new(),
            output: Vec::new(),
            transactions: Vec::new(),
            members: BTreeMap::new(),
            joined: 0,
            producers: BTreeMap::new(),
            undecided: Vec::new(),
        };
        Self(Arc::new(Shared { cluster: Mutex::new(cluster), changed: Condvar::new() }))
    }

    /// Appends a record with `payload` to partition `number`, after `gap` offsets that hold nothing (as markers of
    /// transactions do).
    pub fn produce(&self, number: i32, gap: i64, payload: &[u8]) {
        let mut cluster = self.cluster();
        let Some(partition) = cluster.logs.keys().find(|partition| partition.number == number).cloned() else { return };
        let end = cluster.ends.entry(partition.clone()).or_default();
        let offset = *end + gap;
        *end = offset + 1;
        let article = RawArticle {
            position: Position { partition: partition.clone(), offset },
            key: None,
            payload: Some(payload.to_vec()),
            headers: vec![Header { name: "position".into(), value: Some(format!("{number}/{offset}").into()) }],
            timestamp: Some(offset),
        };
        cluster.logs.entry(partition).or_default().insert(offset, article);
        self.0.changed.notify_all();
    }

    /// A member of the group, and a producer with the transactional `id` that commits for it.
    pub fn connect(&self, id: &str) -> (MemoryIntake, MemoryOutlet) {
        let mut cluster = self.cluster();
        cluster.joined += 1;
        let member = cluster.joined;
        cluster.members.insert(member, Member::default());
        cluster.balance();
        drop(cluster);
        let intake = MemoryIntake {
            memory: self.clone(),
            member,
            positions: BTreeMap::new(),
            paused: BTreeSet::new(),
            revoked: None,
        };
        let outlet = MemoryOutlet {
            memory: self.clone(),
            member,
            id: id.to_owned(),
            producer: 0,
            transaction: Transaction::default(),
            settled: 0,
        };
        (intake, outlet)
    }

    /// Kills the process behind `intake` and its outlet: every further call of theirs fails.
    pub fn kill(&self, member: u64) {
        let mut cluster = self.cluster();
        if let Some(member) = cluster.members.get_mut(&member) {
            member.killed = true;
            member.owned.clear();
        }
        cluster.balance();
        self.0.changed.notify_all();
    }

    /// Lets the session of `member` run out: its partitions go to others, and it learns of that later.
    pub fn expire(&self, member: u64) {
        let mut cluster = self.cluster();
        let Some(member) = cluster.members.get_mut(&member) else { return };
        if member.killed || member.releasing {
            return;
        }
        let partitions: Vec<Partition> = std::mem::take(&mut member.owned).into_iter().collect();
        member.releasing = true;
        member.events.clear();
        member.events.push_back(Event::Revoked { partitions, lost: true, within: Duration::from_secs(5) });
        cluster.balance();
        self.0.changed.notify_all();
    }

    /// No call fails any more.
    pub fn calm(&self) {
        self.cluster().faults.per_mille = 0;
    }

    /// What a `read_committed` reader of both output topics sees, in order.
    pub fn output(&self) -> Vec<Message> {
        self.cluster().output.clone()
    }

    /// The same by the transactions in which it was committed.
    pub fn transactions(&self) -> Vec<Vec<Message>> {
        let cluster = self.cluster();
        let mut output = cluster.output.iter().cloned();
        cluster.transactions.iter().map(|length| output.by_ref().take(*length).collect()).collect()
    }

    /// Records that are not below the committed offset of their partition.
    pub fn lag(&self) -> usize {
        let cluster = self.cluster();
        let open = |(partition, log): (&Partition, &BTreeMap<i64, RawArticle>)| {
            log.range(cluster.committed.get(partition).copied().unwrap_or(0)..).count()
        };
        cluster.logs.iter().map(open).sum()
    }

    fn cluster(&self) -> MutexGuard<'_, Cluster> {
        self.0.cluster.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cluster {
    /// A number below `limit`, by the seed.
    fn random(&mut self, limit: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % limit
    }

    fn fails(&mut self) -> bool {
        let per_mille = self.faults.per_mille;
        self.random(1000) < per_mille
    }

    /// Gives each live member its share: asks for what it has too much, hands out what is free.
    fn balance(&mut self) {
        let live: Vec<u64> =
            self.members.iter().filter(|(_, member)| !member.killed).map(|(number, _)| *number).collect();
        if live.is_empty() {
            return;
        }
        let mut shares = BTreeMap::<u64, BTreeSet<Partition>>::new();
        for (partition, number) in self.logs.keys().zip(live.iter().cycle()) {
            shares.entry(*number).or_default().insert(partition.clone());
        }
        let taken: BTreeSet<Partition> = self.members.values().flat_map(|member| member.owned.clone()).collect();
        for number in live {
            let share = shares.remove(&number).unwrap_or_default();
            let Some(member) = self.members.get_mut(&number).filter(|member| !member.releasing) else { continue };
            let excess: Vec<Partition> = member.owned.difference(&share).cloned().collect();
            let free: Vec<Partition> = share.difference(&taken).cloned().collect();
            if !free.is_empty() {
                member.owned.extend(free.iter().cloned());
                member.events.push_back(Event::Assigned(free));
            }
            if !excess.is_empty() {
                member.releasing = true;
                let within = Duration::from_secs(5);
                member.events.push_back(Event::Revoked { partitions: excess, lost: false, within });
            }
        }
    }

    /// Makes `transaction` visible.
    fn apply(&mut self, transaction: Transaction) {
        self.transactions.push(transaction.messages.len());
        self.output.extend(transaction.messages);
        for next in transaction.next {
            self.committed.insert(next.partition, next.offset);
        }
    }

    /// Ends what is undecided and must be ended: by its successor `id`, or because its time is up.
    fn decide(&mut self, id: Option<&str>) {
        let now = Instant::now();
        let (due, rest) = std::mem::take(&mut self.undecided)
            .into_iter()
            .partition(|undecided: &Undecided| undecided.until < now || id == Some(undecided.id.as_str()));
        self.undecided = rest;
        for undecided in due {
            if undecided.succeeds {
                self.apply(undecided.transaction);
            }
        }
    }

    /// Where to read `partition` from; none while that is undecided.
    fn start(&mut self, partition: &Partition) -> Option<i64> {
        self.decide(None);
        let open = self.undecided.iter().flat_map(|undecided| &undecided.transaction.next);
        let open = open.filter(|next| next.partition == *partition).count() > 0;
        (!open).then(|| self.committed.get(partition).copied().unwrap_or(0))
    }
}

/// The intake of one member.
#[derive(Debug)]
pub struct MemoryIntake {
    memory: Memory,
    member: u64,
    /// Where to read on; none until it is known.
    positions: BTreeMap<Partition, Option<i64>>,
    paused: BTreeSet<Partition>,
    revoked: Option<Vec<Partition>>,
}

impl MemoryIntake {
    /// The number of this member, for [`Memory::kill`] and [`Memory::expire`].
    pub fn member(&self) -> u64 {
        self.member
    }

    /// The next article, or else the next event, if any is there.
    fn next(&mut self, cluster: &mut Cluster) -> anyhow::Result<Option<Event>> {
        let Some(member) = cluster.members.get_mut(&self.member) else { return Ok(None) };
        ensure!(!member.killed, "killed");
        if let Some(event) = member.events.pop_front() {
            match &event {
                Event::Assigned(partitions) => {
                    self.positions.extend(partitions.iter().map(|partition| (partition.clone(), None)));
                }
                Event::Revoked { partitions, .. } => {
                    self.positions.retain(|partition, _| !partitions.contains(partition));
                    self.revoked = Some(partitions.clone());
                }
                _ => {}
            }
            return Ok(Some(event));
        }
        for (partition, position) in &mut self.positions {
            if self.paused.contains(partition) {
                continue;
            }
            let Some(from) = position.or_else(|| cluster.start(partition)) else { continue };
            *position = Some(from);
            let log = cluster.logs.get(partition);
            if let Some((offset, article)) = log.and_then(|log| log.range(from..).next()) {
                *position = Some(offset + 1);
                return Ok(Some(Event::Article(article.clone())));
            }
        }
        Ok(None)
    }
}

impl Intake for MemoryIntake {
    fn poll(&mut self, wait: Duration) -> anyhow::Result<Option<Event>> {
        let memory = self.memory.clone();
        let mut cluster = memory.cluster();
        if let Some(event) = self.next(&mut cluster)? {
            return Ok(Some(event));
        }
        let wait = wait.min(Duration::from_millis(10));
        let (mut cluster, _) = memory.0.changed.wait_timeout(cluster, wait).unwrap_or_else(PoisonError::into_inner);
        if let Some(event) = self.next(&mut cluster)? {
            return Ok(Some(event));
        }
        Ok((cluster.random(50) == 0).then(|| {
            let end =
                |(partition, offset): (&Partition, &i64)| Position { partition: partition.clone(), offset: *offset };
            Event::Report(Report { reachable: true, ends: cluster.ends.iter().map(end).collect() })
        }))
    }

    fn release(&mut self) -> anyhow::Result<()> {
        let mut cluster = self.memory.cluster();
        if let Some(member) = cluster.members.get_mut(&self.member) {
            for partition in self.revoked.take().unwrap_or_default() {
                member.owned.remove(&partition);
            }
            member.releasing = false;
        }
        cluster.balance();
        self.memory.0.changed.notify_all();
        Ok(())
    }

    fn pause(&mut self, partitions: &[Partition]) {
        self.paused.extend(partitions.iter().cloned());
    }

    fn resume(&mut self, partitions: &[Partition]) {
        for partition in partitions {
            self.paused.remove(partition);
        }
    }

    fn seek(&mut self, position: &Position) -> anyhow::Result<()> {
        ensure!(!self.memory.cluster().fails(), "the seek failed");
        self.positions.insert(position.partition.clone(), Some(position.offset));
        Ok(())
    }

    fn close(self) {
        let mut cluster = self.memory.cluster();
        cluster.members.remove(&self.member);
        cluster.balance();
        self.memory.0.changed.notify_all();
    }
}

/// The outlet that commits for one member.
#[derive(Debug)]
pub struct MemoryOutlet {
    memory: Memory,
    member: u64,
    id: String,
    producer: u64,
    transaction: Transaction,
    /// How many messages of the transaction the broker has taken.
    settled: usize,
}

impl MemoryOutlet {
    /// The cluster, if this outlet may still use it.
    fn enter(&self) -> Result<MutexGuard<'_, Cluster>, Fault> {
        let cluster = self.memory.cluster();
        if cluster.members.get(&self.member).is_some_and(|member| member.killed) {
            return Err(Fault::Fatal("killed".into()));
        }
        if self.producer != 0 && cluster.producers.get(&self.id) != Some(&self.producer) {
            return Err(Fault::Replace("fenced".into()));
        }
        Ok(cluster)
    }

    fn injected(cluster: &mut Cluster) -> Result<(), Fault> {
        match cluster.fails().then(|| cluster.random(2)) {
            None => Ok(()),
            Some(0) => Err(Fault::Abort("injected".into())),
            Some(_) => Err(Fault::Replace("injected".into())),
        }
    }
}

impl Outlet for MemoryOutlet {
    fn open(&mut self) -> Result<(), Fault> {
        self.producer = 0;
        self.transaction = Transaction::default();
        self.settled = 0;
        let mut cluster = self.enter()?;
        if cluster.fails() {
            return Err(Fault::Retry("injected".into()));
        }
        cluster.decide(Some(&self.id));
        let producer = cluster.producers.values().max().copied().unwrap_or(0) + 1;
        cluster.producers.insert(self.id.clone(), producer);
        drop(cluster);
        self.producer = producer;
        Ok(())
    }

    fn send(&mut self, message: Message) -> Result<(), Fault> {
        Self::injected(&mut *self.enter()?)?;
        self.transaction.messages.push(message);
        Ok(())
    }

    fn settle(&mut self) -> Result<(), Fault> {
        let mut cluster = self.enter()?;
        Self::injected(&mut cluster)?;
        let limit = cluster.faults.max_value.unwrap_or(usize::MAX);
        drop(cluster);
        let batch: Vec<usize> = (self.settled..self.transaction.messages.len())
            .filter(|index| self.transaction.messages[*index].destination == Destination::Enriched)
            .collect();
        let size = |index: &usize| self.transaction.messages[*index].payload.as_ref().map_or(0, Vec::len);
        self.settled = self.transaction.messages.len();
        if batch.iter().any(|index| size(index) > limit) {
            return Err(Fault::Refused { which: batch, too_large: true, why: "too large".into() });
        }
        Ok(())
    }

    fn commit(&mut self, next: &[Position]) -> Result<(), Fault> {
        self.settle()?;
        let mut transaction = std::mem::take(&mut self.transaction);
        self.settled = 0;
        transaction.next = next.to_vec();
        let mut cluster = self.enter()?;
        let owned = |next: &Position| {
            cluster.members.get(&self.member).is_some_and(|member| member.owned.contains(&next.partition))
        };
        if !next.iter().all(owned) {
            return Err(Fault::Abort("illegal generation".into()));
        }
        if !cluster.fails() {
            cluster.apply(transaction);
            return Ok(());
        }
        match cluster.random(4) {
            0 => return Err(Fault::Abort("injected".into())),
            1 => {}
            2 => cluster.apply(transaction),
            _ => {
                let succeeds = cluster.random(2) == 0;
                let (id, until) = (self.id.clone(), Instant::now() + UNDECIDED);
                cluster.undecided.push(Undecided { id, transaction, succeeds, until });
            }
        }
        Err(Fault::Replace("the commit timed out".into()))
    }

    fn abort(&mut self) -> Result<(), Fault> {
        self.transaction = Transaction::default();
        self.settled = 0;
        let mut cluster = self.enter()?;
        if cluster.fails() { Err(Fault::Replace("injected".into())) } else { Ok(()) }
    }

    fn committed(&mut self, partitions: &[Partition]) -> Result<Vec<Position>, Fault> {
        let mut cluster = self.enter()?;
        if cluster.fails() {
            return Err(Fault::Retry("injected".into()));
        }
        let mut positions = Vec::new();
        for partition in partitions {
            let Some(offset) = cluster.start(partition) else { return Err(Fault::Retry("undecided".into())) };
            if cluster.committed.contains_key(partition) {
                positions.push(Position { partition: partition.clone(), offset });
            }
        }
        Ok(positions)
    }

    fn close(self) {}
}
