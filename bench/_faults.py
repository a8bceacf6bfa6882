"""What befalls a hub that is soaked: one thing at a time, at random, and it runs again afterwards."""

import random
import time
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.faults.harness import Hub

STORE_ILL = ("500", "503", "403", "slow", "cut", "refuse")


class Faults:
    """What may befall the processes of a hub and its servers, by how often."""

    def __init__(self, hub: "Hub", processes: Collection[str], chance: random.Random) -> None:
        self.hub, self.processes, self.chance = hub, processes, chance
        self.known: tuple[tuple[int, Callable[[], str]], ...] = (
            (6, self.kill_a_child),
            (3, self.kill_a_process),
            (1, self.end_a_worker),
            (2, self.redis_gone),
            (1, self.redis_emptied),
            (1, self.postgres_gone),
            (3, self.store_ill),
        )

    def one(self) -> str:
        """Do one of them; what it was."""
        weights = [weight for weight, _ in self.known]
        return self.chance.choices([act for _, act in self.known], weights)[0]()

    def revive(self) -> None:
        """Start whatever has ended by itself."""
        for name in self.processes:
            process = self.hub.processes.get(name)
            if process is None or process.poll() is not None:
                self.hub.processes.pop(name, None)
                self.hub.start(name)

    def kill_a_child(self) -> str:
        name = self.chance.choice(("ingest", "ingest", "upkeep", "export", "web"))
        self.hub.kill_child(name)
        return f"child of {name} killed"

    def kill_a_process(self) -> str:
        name = self.chance.choice(("ingest", "upkeep", "web", "beat"))
        self.hub.kill(name)
        self.hub.start(name)
        return f"{name} killed"

    def end_a_worker(self) -> str:
        self.hub.end("ingest")
        self.hub.start("ingest")
        return "ingest ended by SIGTERM"

    def redis_gone(self) -> str:
        self.hub.stop_server("redis")
        time.sleep(self.chance.uniform(0, 10))
        self.hub.start_server("redis")
        self.revive()
        return "Redis killed with all it held"

    def redis_emptied(self) -> str:
        self.hub.broker().flushall()
        return "Redis emptied"

    def postgres_gone(self) -> str:
        self.hub.stop_server("postgres")
        time.sleep(self.chance.uniform(0, 10))
        self.hub.start_server("postgres")
        self.revive()
        return "Postgres crashed and gone for a while"

    def store_ill(self) -> str:
        mode = self.hub.wall.mode = self.chance.choice(STORE_ILL)
        time.sleep(self.chance.uniform(3, 12))
        self.hub.wall.mode = "pass"
        return f"object store: {mode}"
