"""Ten people at once who give, take back, judge, moderate, wish, freeze and leave at random; for a test and a bench."""

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from tests import factories
from tests.people import Person


class Crowd:
    """What they share: labels, so many `pictures` to give, and what went wrong besides refusals."""

    def __init__(self, pictures: int, seed: int = 1) -> None:
        self.pictures, self.seed = pictures, seed
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.wrong: list[str] = []
        thing = factories.label("Thing")
        tool, toy = factories.label("Tool", thing), factories.label("Toy", thing)
        kite = factories.label("Kite", tool, toy)
        self.labels = [thing, tool, toy, kite, *(factories.label(f"Valve {n}", tool) for n in range(3))]
        factories.hashed("secret-enough")

    def run(self, acts: int, people: int = 10) -> None:
        """So many acts in all, by so many people at once; then whatever waits is worked off, each as a worker would."""
        each = acts // people

        def live(number: int) -> None:
            try:
                person = Person(self, random.Random(self.seed * 1000 + number))
                for _ in range(each):
                    person.act()
                while person.work(3):
                    pass
            finally:
                connection.close()

        with ThreadPoolExecutor(people) as pool:
            list(pool.map(live, range(people)))
        Person(self, random.Random(self.seed)).work_off()
