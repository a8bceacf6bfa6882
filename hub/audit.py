"""The invariants of the hub (docs/operating.md, Breaches): questions whose answers are breaches. It only reads."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from django.conf import settings
from django.core.files.storage import storages

from hub import archives, features, jobs, neighbours, objects, sql, storage, trained
from hub.models import Archive, DatasetVersion, Feature, ModelFile

SHOWN = 10
# What the colours of a picture at its original size may need: a profile (without its texts), Adobe's colour transform.
NEEDED = {"ICC", "APP14"}
SEGMENTS = {b"Exif\0": "EXIF", b"http://ns.adobe.com/xap/": "XMP", b"ICC_PROFILE": "ICC", b"Photoshop": "IPTC"}


@dataclass(frozen=True, slots=True)
class Invariant:
    """A rule in words, and what breaks it: `breaches(deep)` names the rows."""

    name: str
    breaches: Callable[[bool], Iterable[str]]


@dataclass(frozen=True, slots=True)
class Finding:
    """How one invariant fared: how many breaches, and the first few in words."""

    name: str
    count: int
    first: list[str]


def run(*, deep: bool = False) -> Iterator[Finding]:
    """Check every invariant. `deep` reads every file again: hashes, and metadata of the renditions."""
    for invariant in INVARIANTS:
        found = iter(invariant.breaches(deep))
        first = list(islice(found, SHOWN))
        yield Finding(invariant.name, len(first) + sum(1 for _ in found), first)


def asked(name: str, **params: object) -> Callable[[bool], Iterable[str]]:
    """The breaches a file `sql/queries/audit_<name>.sql` answers."""
    return lambda deep: (row["breach"] for row in sql.rows(f"audit_{name}", **params))


def pages() -> Iterator[dict]:
    """Every live image with what its files should be, a thousand rows in memory at a time."""
    after = 0
    while rows := sql.rows("audit_image_files", after=after):
        yield from rows
        after = rows[-1]["image"]


def files_as_rows_say(deep: bool) -> Iterator[str]:
    """One original and every rendition of every live image, with the size (and, deep, the hash) of its row."""
    for row in pages():
        who = f"image {row['image']}"
        yield from file_is(f"{who}, original", "originals", row["original"], row["size"], deep)
        renditions = {int(side): (digest, int(size)) for side, digest, size in row["renditions"] or ()}
        for side in {*settings.RENDITION_SIZES, *renditions}:
            if side not in renditions:
                yield f"{who} has no rendition {side}"
            else:
                yield from file_is(f"{who}, rendition {side}", "renditions", *renditions[side], deep)


def file_is(what: str, alias: str, digest: str, size: int, deep: bool) -> Iterator[str]:
    """Nothing, or how the file under `digest` differs from its row."""
    name = storage.key(digest) if alias == "originals" else storage.rendition_key(digest)
    try:
        found = storages[alias].size(name)
        if found != size:
            yield f"{what}: {found} bytes, its row says {size}"
        elif deep:
            storage.get(alias, name)
    except FileNotFoundError:
        yield f"{what}: no file"
    except storage.Damaged:
        yield f"{what}: its bytes have another SHA-256"


def no_stray_objects(deep: bool) -> Iterator[str]:
    """Every stored object belongs to a row, or is younger than a day."""
    for alias in objects.ALIASES:
        for name in objects.strays(alias):
            yield f"{alias}/{name}"


def renditions_are_clean(deep: bool) -> Iterator[str]:
    """Deep only: no rendition carries EXIF, XMP, ICC or a comment; an original keeps what its colours need."""
    for row in pages() if deep else ():
        for side, digest, _ in row["renditions"] or ():
            try:
                data = storage.get("renditions", storage.rendition_key(digest))
            except (FileNotFoundError, storage.Damaged):
                continue  # said by the first invariant
            if carried := sorted(set(metadata(data)) - (NEEDED if side == "0" else set())):
                yield f"image {row['image']}, rendition {side}: {', '.join(carried)}"


def metadata(jpeg: bytes) -> list[str]:
    """What a JPEG carries besides its picture, by its markers: EXIF, XMP, ICC, a comment, or bytes after its end.

    Nothing of other files: originals that are none are cleaned chunk by chunk when they are made.
    """
    if not jpeg.startswith(b"\xff\xd8"):
        return []
    carried, at = [], 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF and jpeg[at + 1] != 0xDA:
        marker, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4])
        head = jpeg[at + 4 : at + 2 + length]
        if marker == 0xFE:
            carried.append("comment")
        elif 0xE1 <= marker <= 0xEF or (marker == 0xE0 and not head.startswith(b"JFIF\0")):
            carried.append(
                next((name for mark, name in SEGMENTS.items() if head.startswith(mark)), f"APP{marker - 0xE0}")
            )
        at += 2 + length
    return carried if jpeg.endswith(b"\xff\xd9") else [*carried, "bytes after its end"]


def packed_as_rows_say(deep: bool) -> Iterator[str]:
    """Every manifest and every archive that is given out, with the size (and, deep, the hash) of its row."""
    versions = DatasetVersion.objects.filter(state="ready").order_by("digest").distinct("digest")
    for digest in versions.values_list("digest", flat=True).iterator():
        yield from packed_is(f"manifest {digest[:12]}", storage.key(digest, ".jsonl"), None, digest, deep)
    for archive in Archive.objects.filter(state="ready").order_by("id").iterator():
        yield from packed_is(f"archive {archive.pk}", archives.key(archive), archive.size, archive.sha256, deep)


def packed_is(
    what: str, name: str, size: int | None, digest: str, deep: bool, alias: str = "artifacts"
) -> Iterator[str]:
    """Nothing, or how a large file differs from its row; it is hashed piece by piece."""
    try:
        found = storages[alias].size(name)
        if size not in (None, found):
            yield f"{what}: {found} bytes, its row says {size}"
        elif deep:
            with storage.opened(alias, name) as file:
                if storage.digest(file)[0] != digest:
                    yield f"{what}: another SHA-256 than its row says"
    except FileNotFoundError:
        yield f"{what}: no file"


def learnt_as_rows_say(deep: bool) -> Iterator[str]:
    """Every file of a model, and (deep) all features of live images, with the size (deep, the hash) of their rows."""
    for file in ModelFile.objects.order_by("id").iterator():
        what = f"model {file.model_id}, {file.name}"
        yield from packed_is(what, trained.key(file.sha256), file.size, file.sha256, deep)
    for feature in Feature.objects.filter(image__withdrawn_at=None).order_by("key").iterator() if deep else ():
        what, name = f"features of image {feature.image_id}", features.name_of(feature.key)
        yield from packed_is(what, name, feature.size, feature.sha256, deep, "features")


def closure_is_complete(deep: bool) -> Iterator[str]:
    """The closure equals what the edges say; with a cycle in them nothing more can be said."""
    if not sql.rows("audit_hierarchy"):
        yield from (row["breach"] for row in sql.rows("audit_closure"))


tries = {"attempts": settings.JOB_ATTEMPTS, "more": json.dumps(jobs.ATTEMPTS)}
INVARIANTS = (
    Invariant("every live image has its original and all renditions", files_as_rows_say),
    Invariant("a digest names one live image", asked("digests")),
    Invariant("every stored object belongs to a row", no_stray_objects),
    Invariant("every file we said we have is decided or has a job", asked("acknowledged")),
    Invariant("batches count their files", asked("batches")),
    Invariant("claims are what the verdicts say", asked("claims")),
    Invariant("images stand under their labels and all above", asked("labels")),
    Invariant("labels count their images", asked("stats")),
    Invariant("labels are wanted by who waits for them", asked("wanted")),
    Invariant("suppliers are credited for what versions hold of theirs", asked("contributions")),
    Invariant("no label stands below itself", asked("hierarchy")),
    Invariant("the closure of the hierarchy is complete", closure_is_complete),
    Invariant("renditions carry no metadata", renditions_are_clean),
    Invariant("one attempt runs at a time", asked("jobs", **tries)),
    Invariant("every verdict has what it says", asked("verdicts")),
    Invariant("fingerprints are of live images", asked("fingerprints")),
    Invariant("vectors and neighbours are of live images", asked("neighbours", most=neighbours.NEAREST)),
    Invariant("look-alikes are live", asked("twins")),
    Invariant("look-alikes share a group, named by its oldest", asked("groups")),
    Invariant("selections see the catalogue as it is", asked("selectable")),
    Invariant("no group lies in two splits", asked("splits")),
    Invariant("versions and archives are what their rows say", asked("versions")),
    Invariant("manifests and archives are stored whole", packed_as_rows_say),
    Invariant("models have their files and answer as they say", asked("models", needed=list(trained.NEEDED))),
    Invariant("files of models and features are stored whole", learnt_as_rows_say),
    Invariant("nothing is placed finer than its supplier allowed", asked("places")),
)
