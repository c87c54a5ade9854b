"""Articles a second from topic to topic, exactly once: the script of a newsroom and Copydesk, on one core, in turn.

    python delivery.py [--articles 600] [--rounds 3] [--core N] [--profiles default accurate] [--binary FILE]

starts Apache Kafka by ``scripts/kafka`` on the other cores, or takes that of ``KAFKA_BOOTSTRAP``. Every run gets topics of
its own with the same backlog, and commits every second. The rates are those between a tenth and the end of the backlog,
start and loading left out.
"""

from __future__ import annotations

import argparse
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import copydesk
import rounds
import tables
import texts
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

PARTITIONS = 6
SCRIPTS = {"newsroom.py": (), "newsroom.py, full pipeline": ("full",)}
"""What a newsroom's script is called here, and the arguments that make it so."""
LEAST = 3.0
"""Seconds of processor time below which the commits, one a second, are too coarse a scale."""
TICK = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Rates:
    """Articles a second of processor time and by the clock, and the most memory in megabytes."""

    processor: float
    clock: float
    peak: float


@contextmanager
def kafka() -> Iterator[str]:
    """A broker for the occasion, or the one that the environment names."""
    if address := os.environ.get("KAFKA_BOOTSTRAP"):
        yield address
        return
    name, script = f"peers-{os.getpid()}", texts.ROOT / "scripts" / "kafka"
    # A pipe for its errors would stay open for as long as the broker lives.
    address = subprocess.run([script, "start", name], stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    try:
        yield address
    finally:
        subprocess.run([script, "remove", name], check=True)


class Backlog:
    """Topics of their own, with articles in the first."""

    def __init__(self, brokers: str, name: str, articles: list[bytes]) -> None:
        self.brokers, self.name, self.count = brokers, name, len(articles)
        self._client = {"bootstrap.servers": brokers, "log_level": 0}
        topics = [NewTopic(f"{name}.{kind}", PARTITIONS, 1) for kind in ("raw", "enriched", "dead")]
        admin = AdminClient(self._client)
        for created in admin.create_topics(topics).values():
            created.result(30)
        producer = Producer({**self._client, "enable.idempotence": True, "linger.ms": 5})
        for number, article in enumerate(articles):
            producer.produce(f"{name}.raw", article, f"a-{number}", partition=number % PARTITIONS)
            producer.poll(0)
        if producer.flush(60):
            raise RuntimeError("the backlog could not be written")
        self._watcher = Consumer({**self._client, "group.id": name})

    def committed(self) -> int:
        """How many articles the group has ended; none while the broker does not know yet who answers for the group."""
        asked = [TopicPartition(f"{self.name}.raw", number) for number in range(PARTITIONS)]
        try:
            return sum(max(0, partition.offset) for partition in self._watcher.committed(asked, timeout=10))
        except KafkaException:
            return 0

    def published(self) -> int:
        """How many records a reader of committed ones finds."""
        reads = {"group.id": f"{self.name}.reader", "isolation.level": "read_committed", "enable.partition.eof": True}
        reader = Consumer({**self._client, **reads, "enable.auto.commit": False})
        reader.assign([TopicPartition(f"{self.name}.enriched", number, 0) for number in range(PARTITIONS)])
        found, ends, deadline = 0, set(), time.monotonic() + 30
        while len(ends) < PARTITIONS and time.monotonic() < deadline:
            message = reader.poll(1)
            if message and message.error():
                ends.add(message.partition())
            elif message:
                found += 1
        reader.close()
        return found


def processor_seconds(pid: int) -> float:
    """What a process has used, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK


def peak(pid: int) -> float:
    """The most memory that a process had, in megabytes."""
    status = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in status if line.startswith("VmHWM")) * 1024 / 1e6


def measure(command: list, backlog: Backlog, patience: float) -> Rates:
    """Runs a service until the backlog is done, and ends it."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + patience

        def reach(goal: int) -> tuple[int, float, float]:
            while True:
                done = backlog.committed()
                if done >= goal:
                    return done, processor_seconds(process.pid), time.monotonic()
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    tail = log.read().decode(errors="replace").strip().splitlines()[-3:]
                    raise RuntimeError(f"ended or gave up at {done} of {backlog.count} articles: {' '.join(tail)}")
                time.sleep(0.02)

        try:
            first, processor, clock = reach(backlog.count // 10)
            last, processor_end, clock_end = reach(backlog.count)
            most = peak(process.pid)
            process.terminate()
            if process.wait(30):
                raise RuntimeError(f"ended with {process.returncode}")
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    if processor_end - processor < LEAST:
        print(f"too few articles to tell: {processor_end - processor:.1f} s of processor time were measured", flush=True)
    published = backlog.published()
    if published != backlog.count:
        raise RuntimeError(f"{published} records of {backlog.count} articles")
    return Rates((last - first) / (processor_end - processor), (last - first) / (clock_end - clock), most)


def service(system: copydesk.Copydesk, folder: Path, backlog: Backlog) -> list:
    """The command of Copydesk, with a configuration for the topics of a backlog."""
    config, name = folder / f"{backlog.name}.toml", backlog.name
    config.write_text(
        f'[kafka]\nbrokers = "{backlog.brokers}"\ngroup = "{name}"\ninstance = "peers"\n'
        f'topics = {{ raw = "{name}.raw", enriched = "{name}.enriched", dead = "{name}.dead" }}\n'
        '[service]\nworkers = 1\ncommit_interval = "1s"\n[http]\nlisten = "127.0.0.1:0"\n' + system.options
    )
    return [system.binary, "run", "--config", config]


def script(more: tuple[str, ...], backlog: Backlog) -> list:
    """The command of the newsroom's script."""
    program, name = Path(__file__).with_name("newsroom.py"), backlog.name
    return [sys.executable, program, backlog.brokers, name, f"{name}.raw", f"{name}.enriched", *more]


def main() -> None:
    cores = sorted(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--core", type=int, default=cores[-1], help="for what is measured; broker and bench take the others")
    parser.add_argument("--patience", type=float, default=600, help="seconds after which a run is given up")
    copydesk.arguments(parser)
    options = parser.parse_args()

    # Broker and bench inherit this.
    os.sched_setaffinity(0, {core for core in cores if core != options.core} or {options.core})
    pinned = ["taskset", "--cpu-list", str(options.core)]
    articles = texts.articles(options.articles)
    length = texts.words(articles) / len(articles)
    print(f"\n## Delivery\n\n{tables.machine()}; {texts.source(articles)}; {options.rounds} rounds", flush=True)
    with ExitStack() as stack:
        try:
            brokers = stack.enter_context(kafka())
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"skipped: delivery: no broker can be had: {error}")
            return
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        raw = [texts.native(number, texts.text(article)) for number, article in enumerate(articles)]
        numbers = itertools.count()

        def run(command: Callable[[Backlog], list]) -> Rates:
            backlog = Backlog(brokers, f"peers-{os.getpid()}-{next(numbers)}", raw)
            return measure([*pinned, *command(backlog)], backlog, options.patience)

        systems = {name: partial(run, partial(script, more)) for name, more in SCRIPTS.items()}
        for system in copydesk.usable(options.binary, options.profiles, folder):
            systems[system.name] = partial(run, partial(service, system, folder))
        runs = rounds.alternate(systems, options.rounds)

    rates = {name: [run.processor for run in found] for name, found in runs.items()}
    against = [name for name in SCRIPTS if name in rates]
    units = "articles/s of processor time", "words/s of processor time", "articles/s by the clock"
    tables.head("", *units, "peak memory, MB", *(f"times as fast as {name}" for name in against))
    for name, found in runs.items():
        words = tables.spread([rate * length for rate in rates[name]])
        clock = tables.spread([run.clock for run in found], 1)
        memory = f"{max(run.peak for run in found):.0f}"
        times = ["" if name in SCRIPTS else tables.ratio(rates[name], rates[other]) for other in against]
        tables.row(name, tables.spread(rates[name], 1), words, clock, memory, *times)


if __name__ == "__main__":
    main()
