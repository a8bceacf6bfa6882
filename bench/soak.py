"""Thousands of pictures through a hub that is killed, cut off and restarted at random; then nothing may be wrong.

What is asked of it: every acknowledged file is kept and answered for, `manage.py audit --deep` finds nothing, nothing
is there twice, no answer was a 500, and no process holds a tenth more memory at the end than at the start, when as old.
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from queue import Empty, Queue
from typing import TYPE_CHECKING

import django

from bench import _memory, _pictures
from bench._faults import Faults
from bench._table import headline, table

if TYPE_CHECKING:
    from tests.faults.harness import Hub

SUPPLIERS, LEASE = 8, 20
PROCESSES = ("web", "ingest", "upkeep", "export", "beat", "all")  # `all`, a second worker, is never killed
TWICE = 0.05  # share of pictures that two suppliers give at the same moment
WITHDRAW_EVERY = 5.0  # seconds
PAUSE = (5.0, 20.0)  # seconds between two faults
PATIENCE = 900  # seconds for a picture that is being given, and twice that for the audit
STALLED = 180  # seconds in which no job ends
LONGEST = 4  # times the asked minutes, where the machine is too busy to give as fast


def run(argv: list[str]) -> None:
    """Give, torment, then prove; exits 1 when anything is wrong."""
    parser = argparse.ArgumentParser(prog="soak")
    parser.add_argument("--pictures", type=int, default=10_000)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="a folder that keeps the pictures made for it")
    options = parser.parse_args(argv)
    os.environ["DJANGO_SETTINGS_MODULE"] = "hub.settings"
    django.setup()
    from tests.faults import harness

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended
    signal.signal(signal.SIGALRM, overdue)
    folder = options.folder or Path(tempfile.mkdtemp(prefix="hub-soak-", dir="/var/tmp"))
    try:
        photos = _pictures.make(folder, options.pictures, seed=options.seed)
        signal.alarm(int(LONGEST * options.minutes * 60) + 4 * PATIENCE)
        with harness.running(people=SUPPLIERS, lease=LEASE) as hub:
            wrong = Soak(hub, photos, options.minutes * 60, options.seed).run()
            headline("soak", wrong, f"things wrong after {options.pictures:,} pictures", 0)
            if wrong:
                sys.exit(1)  # in the block, so that what the processes said is kept
    finally:
        signal.alarm(0)
        if not options.folder:
            shutil.rmtree(folder, ignore_errors=True)


def overdue(*_) -> None:
    raise SystemExit("The soak did not end in time.")


class Soak:
    """One run: who gives, who takes back, what is broken, and what went wrong."""

    def __init__(self, hub: "Hub", photos: list[Path], seconds: float, seed: int) -> None:
        self.hub, self.seconds, self.chance = hub, seconds, random.Random(seed)
        self.faults = Faults(hub, PROCESSES, self.chance)
        self.waiting: Queue[tuple[float, Path]] = Queue()
        self.done, self.wrong = Counter[str](), list[str]()
        self.over = threading.Event()
        for place, path in enumerate(photos):
            for _ in range(2 if self.chance.random() < TWICE else 1):
                self.waiting.put((seconds * place / len(photos), path))
        self.given = self.waiting.qsize()

    def run(self) -> int:
        """How many things are wrong."""
        self.hub.start(*PROCESSES)
        sampler = _memory.Sampler(self.pids)
        sampler.start()
        self.begun = time.monotonic()
        self.givers = [self.thread(self.give, one) for one in self.hub.suppliers]
        taker = self.thread(self.take_back)
        self.torment()
        tormented = time.monotonic() - self.begun
        for thread in self.givers:
            thread.join(PATIENCE)
        self.over.set()
        taker.join(PATIENCE)
        sampler.over.set()
        self.report(sampler.samples, tormented)
        return len(self.wrong)

    def thread(self, act: Callable[..., None], *arguments) -> threading.Thread:
        """Do it beside everything else."""
        made = threading.Thread(target=self.guarded, args=(act, *arguments), daemon=True)
        made.start()
        return made

    def guarded(self, act: Callable[..., None], *arguments) -> None:
        """Do it, and write down what it raises."""
        try:
            act(*arguments)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a finding
            self.wrong.append(f"{act.__name__}: {type(error).__name__}: {error}"[:500])

    def give(self, supplier) -> None:
        """Give one picture after another, each when it is due, until none is left."""
        while True:
            try:
                due, path = self.waiting.get_nowait()
            except Empty:
                return
            time.sleep(max(0, due - (time.monotonic() - self.begun)))
            supplier.give(path.read_bytes(), path.name)
            self.done["given"] += 1

    def take_back(self) -> None:
        """Every few seconds somebody withdraws a photo given a while ago."""
        from tests.faults.giving import Visitor

        people = {one.name: Visitor(one).log_in() for one in self.hub.suppliers}
        chance = random.Random(2)
        while not self.over.wait(WITHDRAW_EVERY):
            with self.hub.ledger.lock:
                given = self.hub.ledger.given[:-50]
            if given:
                photo = chance.choice(given)
                visitor = people[photo.supplier]
                answer = visitor.ask("POST", f"/images/{photo.sha256}/withdraw/", headers=visitor.ours())
                self.done[f"withdrawal answered {answer.status_code}"] += 1

    def torment(self) -> None:
        """One fault after another until the time is over and all is given; at the end everything runs."""
        while (spent := time.monotonic() - self.begun) < self.seconds or self.left():
            if spent > LONGEST * self.seconds:
                self.wrong.append(f"{self.left()} pictures were not given in {spent:.0f} s")
                break
            time.sleep(self.chance.uniform(*PAUSE))
            self.done[f"fault: {self.faults.one()}"] += 1
            print(f"{spent:.0f} s, {self.done['given']} given", flush=True)
        self.faults.revive()

    def left(self) -> int:
        """How many pictures nobody has begun to give; 0 also when there is nobody left to give them."""
        return self.waiting.qsize() if any(thread.is_alive() for thread in self.givers) else 0

    def pids(self) -> list[tuple[str, int]]:
        """The processes whose memory is watched, by their role."""
        found = []
        for name in ("ingest", "all", "upkeep", "web"):
            if process := self.hub.processes.get(name):
                found.append((f"{name}, parent", process.pid))
                found += [(f"{name}, child", pid) for pid in self.hub.children(name)]
        return found

    def report(self, samples: list[_memory.Sample], tormented: float) -> None:
        """Wait for the last verdict, look at everything, and say what there is."""
        self.guarded(self.settle)
        table(("what", "times"), sorted(self.done.items()))
        states = self.hub.rows("SELECT state, count(*) FROM hub_submission GROUP BY 1 ORDER BY 2 DESC")
        acknowledged = len(self.hub.ledger.given)
        print(f"{self.given} to give, {acknowledged} acknowledged in {tormented:.0f} s of faults: {dict(states)}")
        if acknowledged != self.given:
            self.wrong.append(f"{self.given - acknowledged} pictures were never acknowledged")
        print(f"answers by status (0: connection broken): {dict(self.hub.ledger.answers)}")
        warm = min(120, tormented / 5)
        grown = _memory.growths(samples, warm, tormented)
        rows = [
            (
                g.role,
                f"{g.ages[0]:g} to {g.ages[1]:g}",
                f"{g.first:.0f}",
                f"{g.last:.0f}",
                f"{g.last / g.first - 1:+.1%}",
                *g.looks,
            )
            for g in grown
        ]
        table(("memory of", "age s", "first quarter MiB", "last", "change", "looks", "looks"), rows)
        self.wrong += [f"memory of {g.role} at {g.ages}: {g.first:.0f} to {g.last:.0f}" for g in grown if not g.flat]
        if not grown:
            self.wrong.append("memory: too few samples")
        for proof in (self.kept, self.answered, self.audited):
            self.guarded(proof)
        for what in self.wrong:
            print(f"WRONG: {what}")

    def settle(self) -> None:
        """Wait until no job is left, however long a busy machine takes, as long as something comes to an end."""
        self.faults.revive()
        begun = last = time.monotonic()
        before = left = self.hub.live()
        while left:
            if left < before:
                before, last = left, time.monotonic()
            assert time.monotonic() - last < STALLED, f"{left} jobs are left, and none ended in {STALLED} s"
            time.sleep(0.5)
            left = self.hub.live()
        print(f"settled {time.monotonic() - begun:.0f} s after the last file", flush=True)

    def kept(self) -> None:
        """Nothing acknowledged is lost, nothing is there twice."""
        from tests.faults import proof

        proof.kept(self.hub)
        proof.once(self.hub, twice_mailed=True)

    def answered(self) -> None:
        """No answer was a 500, or a 503 that does not say when to come back."""
        if hurt := Counter(self.hub.ledger.hurt):
            self.wrong.append(f"answered 500, or 503 without Retry-After: {hurt}")

    def audited(self) -> None:
        """A clean audit of every byte, asking the store itself."""
        direct = self.hub.environment | {"S3_ENDPOINT_URL": self.hub.bucket.endpoint_url}
        command = [sys.executable, "manage.py", "audit", "--deep"]
        done = subprocess.run(command, env=direct, text=True, capture_output=True, timeout=2 * PATIENCE, check=False)
        print(done.stdout)
        if done.returncode:
            self.wrong.append(f"audit: {(done.stdout + done.stderr)[-1000:]}")
