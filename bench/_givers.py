"""Many suppliers who give photos at a steady rate, asking what the page's script asks: open, precheck, send, follow.

The clock of a file starts when it was due, not when there was time to send it: a hub that stalls does not slow the
asking. One thread of Python does it all (about 1 ms of CPU a request); pictures and sums are read and made beforehand.
"""

import asyncio
import hashlib
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

EACH = 50  # files of a batch
LOOK = 2.0  # seconds between two looks at the verdicts: the script waits 1 to 5


@dataclass(slots=True)
class Answers:
    """Seconds by what was asked, and what went wrong."""

    took: dict[str, list[float]] = field(default_factory=dict)
    wrong: Counter = field(default_factory=Counter)
    given: dict[str, int] = field(default_factory=dict)

    def add(self, name: str, seconds: float) -> None:
        self.took.setdefault(name, []).append(seconds)


class Giver:
    """One supplier, logged in: the headers of the session, and the batch that is open."""

    def __init__(self, hub: str, headers: dict[str, str], label: str, answers: Answers) -> None:
        self.hub, self.headers, self.label, self.answers = hub, headers, label, answers
        self.batch: dict | None = None
        self.left = 0

    async def ask(self, name: str, method: str, address: str, since: float | None = None, **body):
        """The JSON of an answer, or None; its seconds are kept, from `since` on."""
        start = since or time.perf_counter()
        try:
            async with self.session.request(
                method, self.hub + address, headers=self.headers, allow_redirects=False, **body
            ) as answer:
                found = await answer.json()
                if answer.status >= 400:
                    self.answers.wrong[f"{name}: {answer.status} {found.get('code', '')}"] += 1
                    return None
                return found
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            self.answers.wrong[f"{name}: {type(error).__name__}"] += 1
            return None
        finally:
            self.answers.add(name, time.perf_counter() - start)

    async def give(self, photos: list[tuple[str, bytes]], due: list[float]) -> None:
        """One batch of (SHA-256, bytes), each file at its time; then look until every one has its verdict."""
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as self.session:
            form = {"label": self.label, "licence": "CC-BY-4.0", "precision": "open"}
            batch = await self.ask("open a batch", "POST", "/give/", data=form)
            if batch is None:
                return
            named = [{"filename": f"{sha256[:12]}.jpg", "sha256": sha256} for sha256, _ in photos]
            await self.ask("precheck 50 files", "POST", batch["precheck"], json={"files": named})
            looking = asyncio.create_task(self.follow(batch["status"], len(photos)))
            await asyncio.gather(*(self.send(batch, *photo, at) for photo, at in zip(photos, due, strict=True)))
            await looking

    async def send(self, batch: dict, sha256: str, data: bytes, due: float) -> None:
        await asyncio.sleep(due - time.perf_counter())
        form = aiohttp.FormData()
        form.add_field("sha256", sha256)
        form.add_field("file", data, filename=f"{sha256[:12]}.jpg", content_type="image/jpeg")
        answer = await self.ask("upload", "POST", batch["files"], since=due, data=form)
        if answer is not None:
            self.answers.given[sha256] = answer["id"]

    async def follow(self, status: str, files: int) -> None:
        seen = 0
        while seen < files:
            await asyncio.sleep(LOOK)
            answer = await self.ask("look at a batch", "GET", status)
            seen = sum(row["state"] != "received" for row in (answer or {}).get("submissions", ()))
            if answer is None and self.answers.wrong.total() > files:
                return


async def give(hub: str, people: list[dict[str, str]], labels: list[str], photos: list[Path], rate: float) -> Answers:
    """Give all photos at `rate` a second, twenty people at a time; the answers of the hub."""
    answers, together, start = Answers(), 20, time.perf_counter() + 1
    batches = []
    for first in range(0, len(photos), EACH * together):
        block = photos[first : first + EACH * together]
        for place in range(together):
            due = [start + (first + at) / rate for at in range(place, len(block), together)]
            batches.append((block[place::together], due))
    async with asyncio.TaskGroup() as group:
        for number, (paths, due) in enumerate(batches):
            giver = Giver(hub, people[number % len(people)], labels[number % len(labels)], answers)
            if due:
                group.create_task(_later(giver, paths, due))
    return answers


async def _later(giver: Giver, paths: list[Path], due: list[float]) -> None:
    await asyncio.sleep(max(0, due[0] - 1 - time.perf_counter()))  # the batch is open when its first file is due
    photos = [(hashlib.sha256(data).hexdigest(), data) for data in (path.read_bytes() for path in paths)]
    await giver.give(photos, due)
