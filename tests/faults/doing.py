"""What trials do again and again, in a line each: give many at once, keep a dataset and a training in flight."""

import itertools
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.faults.giving import Acknowledged, Supplier, Visitor
from tests.faults.harness import Hub
from tests.faults.pictures import picture

LISBON = (38.7077, -9.1366)
LABELS = ("ball", "cube")
numbers = itertools.count(1)


def give(hub: Hub, count: int, *, placed: int = 0) -> list[Acknowledged]:
    """Have all suppliers give `count` pictures that nobody gave before, side by side; `placed` of them say where."""
    people = hub.suppliers
    shares = [list(range(n, count, len(people))) for n in range(len(people))]
    start = next(numbers) * 100_000

    def one(supplier: Supplier, share: list[int]) -> list[Acknowledged]:
        label = LABELS[people.index(supplier) % len(LABELS)]
        return [
            supplier.give(
                picture(start + n, gps=LISBON if n < placed else None), f"{n}.jpg", label, use_photo_place=bool(placed)
            )
            for n in share
        ]

    with ThreadPoolExecutor(len(people)) as pool:
        return [given for rows in pool.map(one, people, shares) for given in rows]


class Giving(threading.Thread):
    """The same in the background; `done()` waits, and raises what went wrong."""

    def __init__(self, hub: Hub, count: int) -> None:
        super().__init__(daemon=True)
        self.hub, self.count, self.error = hub, count, None  # type: Hub, int, BaseException | None
        self.start()

    def run(self) -> None:
        try:
            give(self.hub, self.count)
        except BaseException as error:  # noqa: BLE001  told by done()
            self.error = error

    def done(self, seconds: float) -> None:
        self.join(seconds)
        assert not self.is_alive(), f"not given within {seconds} s"
        if self.error:
            raise self.error


def catalogue(hub: Hub, each: int = 30) -> None:
    """So many pictures of each of two labels, checked and compared: enough for a dataset, and for a training."""
    give(hub, 3 * each)  # of three suppliers, two give balls
    hub.settled(240)


def labels(hub: Hub) -> list[int]:
    return [row[0] for row in hub.rows("SELECT id FROM hub_label WHERE slug = ANY (%s) ORDER BY id", list(LABELS))]


def dataset(hub: Hub, name: str, seed: int = 0) -> int:
    """A dataset of the two labels; a seed gives it a manifest of its own."""
    selection = {"labels": labels(hub), "split": {"train": 0.8, "validation": 0.1, "test": 0.1, "seed": seed}}
    wish = {"name": name, "selection": selection, "public": True}
    answer = hub.grace.ask("POST", "/api/v1/datasets", json=wish)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def frozen(hub: Hub, pk: int) -> int:
    """Ask for a version of a dataset; its row's id. It is not frozen yet."""
    answer = hub.grace.ask("POST", f"/api/v1/datasets/{pk}/versions", json={})
    assert answer.status_code == 202, answer.text
    return hub.value("SELECT max(id) FROM hub_datasetversion WHERE dataset_id = %s", pk)


def version(hub: Hub, pk: int) -> tuple[str, str, str]:
    """State, digest and reason of a version."""
    return hub.rows("SELECT state, digest, reason FROM hub_datasetversion WHERE id = %s", pk)[0]


def packed(hub: Hub, digest: str, format: str = "imagefolder", size: str = "224") -> int:
    """Ask for an archive of a version; its id. It is not packed yet."""
    answer = hub.grace.ask("POST", f"/api/v1/versions/{digest}/archives", json={"format": format, "size": size})
    assert answer.status_code in (200, 202), answer.text
    newest = "SELECT max(id) FROM hub_archive WHERE digest = %s AND format = %s AND side = %s"
    return hub.value(newest, digest, format, 0 if size == "original" else int(size))


def training(hub: Hub, digest: str, seed: int, epochs: int = 2) -> int:
    """Ask for a small network from scratch; the training's id."""
    wish: dict[str, Any] = {"version": digest, "backbone": "scratch", "method": "full", "epochs": epochs, "seed": seed}
    answer = hub.grace.ask("POST", "/api/v1/trainings", json=wish)
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


def take_back(hub: Hub, version: int) -> str:
    """Have its supplier withdraw one photo of a version, on the photo's own page; the photo's SHA-256."""
    sha256, name = hub.rows(
        "SELECT i.sha256, a.username FROM hub_datasetmember m JOIN hub_image i ON i.id = m.image_id"
        " JOIN hub_account a ON a.id = i.supplier_id WHERE m.version_id = %s AND m.split = 'train'"
        " AND i.withdrawn_at IS NULL LIMIT 1",
        version,
    )[0]
    person = Visitor(next(one for one in hub.suppliers if one.name == name)).log_in()
    answer = person.ask("POST", f"/images/{sha256}/withdraw/", headers=person.ours())
    assert answer.status_code in (200, 302), answer.text
    person.client.close()
    return sha256
