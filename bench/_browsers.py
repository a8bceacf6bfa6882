"""People who look at label pages: open one with its pictures, look for a few seconds, go on to another.

Each has connections of its own (at most six), and keeps what the hub lets a browser keep. A page takes as long as its
HTML takes to be there whole; its pictures and the page with all that is on the first screens are counted apart.
"""

import asyncio
import gzip
import random
import re
import time

import aiohttp

from bench._givers import Answers

SCREENS = 24  # tiles a browser loads before anybody scrolls: two and a half screens
THINK = (1.0, 5.0)
HTML = {"Accept-Encoding": "gzip", "Accept": "text/html"}
PICTURE = re.compile(r'<img src="(/images/[0-9a-f]{64}/\d+\.jpg)"')
FILES = re.compile(r'(?:href|src)="(/(?:static/|borders-)[^"#]+)')
LABEL = re.compile(r'href="(/labels/[-a-z0-9_]+/)"')
FACET = re.compile(r'href="(/labels/[-a-z0-9_]+/\?[^"]+)"')
IMAGE = re.compile(r'href="(/images/[0-9a-f]{64}/)"')


class Browser:
    """One visitor, with a cache of what may be kept."""

    def __init__(self, hub: str, labels: list[str], answers: Answers, seed: int) -> None:
        self.hub, self.labels, self.answers = hub, labels, answers
        self.chance, self.kept = random.Random(seed), set[str]()

    async def get(self, name: str, address: str) -> str:
        """The text of a page or "" (pictures are read and let go); its seconds are kept."""
        start = time.perf_counter()
        try:
            async with self.session.get(self.hub + address, headers=HTML) as answer:
                body = await answer.read()
                if answer.status != 200:
                    self.answers.wrong[f"{name}: {answer.status} {address.split('?')[0][:16]}"] += 1
                if answer.status != 200 or name == "picture":
                    return ""
                if answer.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
        except (aiohttp.ClientError, TimeoutError) as error:
            self.answers.wrong[f"{name}: {type(error).__name__}"] += 1
            return ""
        finally:
            self.answers.add(name, time.perf_counter() - start)
        return body.decode()

    async def visit(self, name: str, address: str) -> str:
        """A page with its style and the pictures of its first screens."""
        start = time.perf_counter()
        page = await self.get(name, address)
        parts = [*FILES.findall(page), *PICTURE.findall(page)[:SCREENS]]
        new = [part for part in dict.fromkeys(parts) if part not in self.kept]
        self.kept.update(new)
        await asyncio.gather(*(self.get("picture" if ".jpg" in part else "style, script", part) for part in new))
        self.answers.add(f"{name}, all of it", time.perf_counter() - start)
        return page

    async def live(self, until: float) -> None:
        """Look around until it is time to stop."""
        connector = aiohttp.TCPConnector(limit=6)
        cookies = aiohttp.DummyCookieJar()
        async with aiohttp.ClientSession(
            connector=connector, cookie_jar=cookies, auto_decompress=False
        ) as self.session:
            await asyncio.sleep(self.chance.uniform(0, THINK[1]))  # nobody comes at the same moment
            label = page = ""
            while time.perf_counter() < until:
                name, address = self.next(label, page)
                found = await self.visit(name, address)
                if name == "label page":
                    label, page = address, found
                await asyncio.sleep(self.chance.uniform(*THINK))

    def next(self, label: str, page: str) -> tuple[str, str]:
        """Where somebody goes who sees this page: a facet or more photos, an image, a label beside it, or any label."""
        dice = self.chance.random()
        facets, images, labels = FACET.findall(page), IMAGE.findall(page), LABEL.findall(page)
        if dice < 0.25 and facets:
            return "label page", self.chance.choice(facets).replace("&amp;", "&")
        if dice < 0.5 and images:
            return "image page", self.chance.choice(images)
        if dice < 0.75 and labels:
            return "label page", self.chance.choice(labels)
        return "label page", self.chance.choice(self.labels)


async def browse(hub: str, labels: list[str], people: int, seconds: float) -> Answers:
    """So many visitors at once for so long; the answers of the hub."""
    answers = Answers()
    until = time.perf_counter() + seconds
    await asyncio.gather(*(Browser(hub, labels, answers, seed).live(until) for seed in range(people)))
    return answers
