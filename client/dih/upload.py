"""Give a folder of photos: what is there already is not sent, and every file gets an answer."""

from collections import Counter
from pathlib import Path
from typing import Any

from dih import sums
from dih.failures import DIFFERENT, NOT_FOUND, OK, REFUSED, Failure
from dih.hub import Hub
from dih.said import Said

PHOTOS = {".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif"}
# As many as the hub looks up at once, and as many as a batch holds.
ASKED, BATCH = 500, 50
NOT_TAKEN = {"rejected", "failed"}


def upload(hub: Hub, said: Said, asked: Any) -> int:
    """`dih upload`: 0 when every photo is in, was there, or waits for a look; 1 when some were not taken."""
    files = photos(asked.dir)
    with said.bar(sum(path.stat().st_size for path in files), "reading") as bar:
        digests = {path: digest(path, bar) for path in files}
    answers = Answers(said, asked.dir)
    new = unknown(hub, asked.label, digests, answers)
    with said.bar(sum(path.stat().st_size for path in new), "sending") as bar:
        for start in range(0, len(new), BATCH):
            give(hub, asked, {path: digests[path] for path in new[start : start + BATCH]}, answers, bar)
    told = {"files": answers.files, "counts": dict(answers.counts)}
    said.line(", ".join(f"{n} {state}" for state, n in answers.counts.items()) or "nothing to give")
    said.result(told)
    return DIFFERENT if NOT_TAKEN & set(answers.counts) else OK


class Answers:
    """What became of each file, said once."""

    def __init__(self, said: Said, folder: Path) -> None:
        self.said, self.folder = said, folder
        self.files: list[dict[str, Any]] = []
        self.counts: Counter[str] = Counter()

    def add(self, path: Path, sha256: str, answer: dict[str, Any]) -> None:
        """The answer for one file."""
        told = {name: answer.get(name, "") for name in ("state", "reason", "words", "advice", "image")}
        name = path.relative_to(self.folder).as_posix()
        self.files.append({"file": name, "sha256": sha256, **told})
        self.counts[told["state"]] += 1
        self.said.line(f"{told['state']:<9}  {name}  {told['words']}".rstrip())


def photos(folder: Path) -> list[Path]:
    """Every photo below a folder, by name; hidden files are left out. Raises Failure."""
    if not folder.is_dir():
        raise Failure(NOT_FOUND, "no_folder", f"{folder} is no folder.")
    found = (path for path in folder.rglob("*") if path.suffix.lower() in PHOTOS and path.is_file())
    return sorted(path for path in found if not any(part[0] == "." for part in path.relative_to(folder).parts))


def digest(path: Path, bar: Any) -> str:
    """SHA-256 of a file."""
    found = sums.of(path)
    bar.update(path.stat().st_size)
    return found


def unknown(hub: Hub, label: str, digests: dict[Path, str], answers: Answers) -> list[Path]:
    """The files that must be sent; those the hub knows, and copies of one another, are answered."""
    known: dict[str, dict[str, Any]] = {}
    wanted = sorted(set(digests.values()))
    for start in range(0, len(wanted), ASKED):
        asked = {"label": label, "sha256": wanted[start : start + ASKED]}
        known |= {one["sha256"]: one for one in hub.post("/files/known", asked)}
    new: dict[str, Path] = {}
    for path, sha256 in digests.items():
        if sha256 in known:
            answers.add(path, sha256, known[sha256])
        elif sha256 in new:
            words = f"The same file as {new[sha256].name}."
            answers.add(path, sha256, {"state": "duplicate", "reason": "same_bytes", "words": words})
        else:
            new[sha256] = path
    return list(new.values())


def give(hub: Hub, asked: Any, files: dict[Path, str], answers: Answers, bar: Any) -> None:
    """One batch: open it, send its files, wait for their answers."""
    said = {"label": asked.label, "licence": asked.licence, "precision": asked.precision, "place": asked.place}
    batch = hub.post("/batches", said | {"use_photo_place": asked.photo_place})
    sent = {}
    for path, sha256 in files.items():
        if row := send(hub, batch["files"], path, sha256, answers):
            sent[row["id"]] = (path, sha256)
        bar.update(path.stat().st_size)
    found = hub.get(batch["url"]) if asked.no_wait else hub.wait(batch["url"], lambda now: now["done"])
    for row in found["submissions"]:
        if row["id"] in sent:
            answers.add(*sent[row["id"]], row)


def send(hub: Hub, address: str, path: Path, sha256: str, answers: Answers) -> dict[str, Any] | None:
    """Send one file; None when it was refused at the door, which is its answer."""
    try:
        with path.open("rb") as file:
            form = {"files": {"file": (path.name, file)}, "data": {"sha256": sha256}}
            return hub.post(address, **form)
    except Failure as failure:
        if failure.exit != REFUSED:
            raise
        refused = {"state": "rejected", "reason": failure.code, "words": failure.title, "advice": failure.detail}
        answers.add(path, sha256, refused)
        return None
