"""Good pictures, mutated at random: number `n` of a seed is always the same file, on every machine and in any order.

Run as a program it is the child of a worker that meets them: `python -m tests.hostile.mutating SEED FIRST COUNT`.
"""

import io
import json
import random
import struct
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from functools import cache

from PIL import Image

from tests import images
from workers.imaging.png import ADAM7

SIZE = (160, 120)


def interlaced(size=SIZE) -> bytes:
    """An interlaced PNG by hand, for Pillow writes none: seven passes of the scene, each filtered by nothing."""
    scene, body = images.pixels(4, size), b""
    for left, top, across, down in ADAM7:
        for row in scene[top::down, left::across]:
            body += b"\0" + row.tobytes()
    header = struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, 1)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(body)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(images.chunk(*part) for part in parts)


GOOD: dict[str, Callable[[], bytes]] = {
    "JPEG": lambda: images.photo(3, SIZE),
    "progressive JPEG": lambda: images.photo(3, SIZE, progressive=True),
    "grey JPEG": lambda: images.grey(3, SIZE),
    "CMYK JPEG": lambda: images.with_profile(images.cmyk(3, SIZE), images.ink_profile()),
    "JPEG with restarts": lambda: images.photo(3, SIZE, restart_marker_blocks=4),
    "JPEG with metadata": lambda: images.with_profile(
        images.with_exif(images.photo(3, SIZE), orientation=6, gps=(48.8, 2.3), taken_at="2024:05:06 07:08:09"),
        images.swapped_profile(),
    ),
    "MPO": lambda: images.mpo(3, SIZE),
    "PNG": lambda: images.photo(3, SIZE, "PNG"),
    "16-bit PNG": lambda: images.sixteen_bit(SIZE),
    "palette PNG": lambda: images.palette(3, SIZE, transparent=3),
    "PNG with alpha": lambda: images.with_alpha(3, SIZE, alpha=90),
    "interlaced PNG": interlaced,
    "WebP": lambda: images.photo(3, SIZE, "WEBP"),
    "lossless WebP": lambda: images.photo(3, SIZE, "WEBP", lossless=True),
    "WebP with alpha": lambda: images.with_alpha(3, SIZE, alpha=90, format="WEBP", lossless=False),
    "WebP with metadata": lambda: images.photo(
        3, SIZE, "WEBP", exif=images.exif_block(orientation=3), icc_profile=images.swapped_profile()
    ),
    "HEIC": lambda: images.heic(3, SIZE),
    "HEIC with alpha": lambda: images.saved(_see_through(), "HEIF"),
}


def _see_through() -> Image.Image:
    image = images.picture(3, SIZE)
    image.putalpha(90)
    return image


@cache
def good(name: str) -> bytes:
    """One of GOOD, made once."""
    return GOOD[name]()


# --- what becomes of them -------------------------------------------------------------------------------------------


def flip(data: bytes, chance: random.Random) -> bytes:
    return _set(data, chance, lambda old: old ^ 1 << chance.randrange(8))


def overwrite(data: bytes, chance: random.Random) -> bytes:
    return _set(data, chance, lambda _: chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256))))


def _set(data: bytes, chance: random.Random, new: Callable[[int], int]) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 8, 64))):
        at = _place(data, chance)
        changed[at] = new(changed[at])
    return bytes(changed)


def _place(data: bytes, chance: random.Random) -> int:
    """Anywhere, but every second time within the head, where the structure is."""
    return chance.randrange(min(len(data), 600) if chance.random() < 0.5 else len(data))


def cut(data: bytes, chance: random.Random) -> bytes:
    return data[: 1 + _place(data, chance)]


def drop(data: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + data[at + chance.choice((1, 2, 4, 50, 5000)) :]


def insert(data: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + chance.randbytes(chance.choice((1, 2, 4, 50, 5000))) + data[at:]


def double(data: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + data[at : at + chance.choice((2, 12, 200, 5000))] * chance.choice((2, 2, 50)) + data[at:]


def zero(data: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    some = data[at : at + chance.choice((2, 4, 100, 4096))]
    return data[:at] + bytes(len(some)) + data[at + len(some) :]


def swap(data: bytes, chance: random.Random) -> bytes:
    first, second = sorted((_place(data, chance), _place(data, chance)))
    return data[:first] + data[second:] + data[first:second]


def number(data: bytes, chance: random.Random) -> bytes:
    """A 16 or 32-bit number somewhere, a length or a side perhaps, becomes an interesting one."""
    form, values = chance.choice(NUMBERS)
    at = _place(data, chance)
    written = struct.pack(form, chance.choice(values))
    return data[:at] + written + data[at + len(written) :]


def splice(data: bytes, chance: random.Random) -> bytes:
    other = good(chance.choice(list(GOOD)))
    return data[: _place(data, chance)] + other[_place(other, chance) :]


NUMBERS = [
    *((f"{order}H", (0, 1, 2, 63, 64, 0x7FFF, 0x8000, 0xFFFF)) for order in "<>"),
    *((f"{order}I", (0, 1, 64, 5000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)) for order in "<>"),
]
ACTS = (flip, flip, overwrite, number, number, cut, drop, insert, double, zero, swap, splice)


def mutant(seed: int, index: int) -> tuple[str, bytes]:
    """What it was made of, and the bytes. A PNG's checksums would hide the rest: mostly they are mended."""
    chance = random.Random(f"{seed}/{index}")
    name = list(GOOD)[index % len(GOOD)]
    data = good(name)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        data = chance.choice(ACTS)(data, chance) or b"\0"
    if data[:4] == b"\x89PNG" and chance.random() < 0.6:
        data = with_right_sums(data)
    return name, data


def with_right_sums(data: bytes) -> bytes:
    """The PNG with the checksum that each of its chunks should have, as far as they can be followed."""
    parts, at = [data[:8]], 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        if at + 12 + length > len(data):
            break
        parts.append(images.chunk(data[at + 4 : at + 8], data[at + 8 : at + 8 + length]))
        at += 12 + length
    return b"".join((*parts, data[at:]))


# --- the child that meets them --------------------------------------------------------------------------------------


def meet(seed: int, indices: range) -> Iterator[dict]:
    """Each mutant as a worker's child meets it: announced first, then answered with a code and the seconds it took."""
    for index in indices:
        name, data = mutant(seed, index)
        yield {"index": index, "of": name}
        started = time.monotonic()
        code = answer(data)
        yield {"index": index, "code": code, "seconds": time.monotonic() - started, "kib": resident()}


def answer(data: bytes) -> str:
    """The code it is refused with, or "accepted" where others can read it cleaned; any other error by its name."""
    from workers import ingest
    from workers.imaging import Rejected, clean

    try:
        picture = ingest.read(data)
    except Rejected as refused:
        return refused.code
    except Exception as error:  # noqa: BLE001  the parent must hear of it
        return repr(error)
    try:
        # Not strictly: before the last bytes of a file libjpeg overlooks a code that is none, and cleaning cuts riders.
        with Image.open(io.BytesIO(clean(data, ingest.limits()).data)) as cleaned:
            cleaned.load()
    except Exception as error:  # noqa: BLE001
        return f"accepted, and then {error!r}"
    return "accepted" if cleaned.size == (picture.width, picture.height) else f"accepted, and then of {cleaned.size}"


def resident() -> int:
    """KiB of memory this process holds."""
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def main(seed: int, first: int, count: int) -> None:
    """Meet so many under the cap of a worker's child, and write a line each before and after."""
    from workers.celery import cap_memory

    cap_memory()
    for said in meet(seed, range(first, first + count)):
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
