"""One photo through the whole of imaging, against the naive path: CPU time, quality of the renditions, peak memory."""

import argparse
import io
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from bench._edits import photos
from bench._table import headline, table
from workers.imaging import decode, formats, process, render
from workers.imaging.types import Limits

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("HUB_SAMPLE_DATA", ROOT.parent / "shared" / "data"))
GOALS = {"12 MP baseline": 10.0, "12 MP progressive": 3.5, "1 MP baseline": 3.0}
PHOTO_MIB, HOSTILE_MIB, DECIBELS = 400, 768, 40.0
SUBSAMPLING = {"420": 2, "444": 0}
CHILD = """
import sys, time
from workers.imaging import Rejected, process
data, started = sys.stdin.buffer.read(), time.monotonic()
try:
    answer = process(data).format
except Rejected as refused:
    answer = refused.code
with open("/proc/self/status") as status:
    peak = next(line.split()[1] for line in status if line.startswith("VmHWM"))
print(answer, peak, f"{time.monotonic() - started:.2f}")
"""


def scene(folder: Path, width: int, height: int) -> Image.Image:
    """Sixteen sample photos side by side, enlarged twice or more and given a sensor's noise: a photo's spectrum, and
    about the 3 MB a phone writes at 12 megapixels. Drawn pictures where there are no photos."""
    found = [path for paths in photos(folder).values() for path in paths if "birds" in str(path)][:16]
    tile = width // 8, height // 8
    canvas = Image.new("RGB", (tile[0] * 4, tile[1] * 4))
    for number in range(16):
        canvas.paste(_tile(found, number).resize(tile), (number % 4 * tile[0], number // 4 * tile[1]))
    noise = np.random.default_rng(1)
    pixels = np.asarray(canvas.resize((width, height), Image.Resampling.BICUBIC), np.float32)
    pixels = pixels + noise.normal(0, 3, (height, width, 1)).astype(np.float32)
    pixels += noise.normal(0, 1.5, (height, width, 3)).astype(np.float32)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))


def _tile(found: list[Path], number: int) -> Image.Image:
    from tests import images

    return Image.open(found[number % len(found)]).convert("RGB") if found else images.picture(number)


def jpeg(image: Image.Image, **save) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **{"quality": 90} | save)
    return buffer.getvalue()


def naive(data: bytes) -> dict[int, Image.Image]:
    """Open, decode in full, four Lanczos resizes of the original, each saved at our quality."""
    image = Image.open(io.BytesIO(data))
    image.load()
    made = {}
    for size, sides in render.targets(*image.size).items():
        made[size] = image.resize(sides, Image.Resampling.LANCZOS)
        quality, chroma = render.QUALITY[size]
        jpeg(made[size], quality=quality, subsampling=SUBSAMPLING[chroma])
    return made


def seconds(act, data: bytes) -> float:
    started = time.process_time()
    act(data)
    return time.process_time() - started


def plain_decode(data: bytes) -> None:
    Image.open(io.BytesIO(data)).load()


def timed(data: bytes, rounds: int) -> tuple[float, float, float]:
    """Least CPU seconds of naive, ours and one plain decode, taken in turns: a busy neighbour only ever adds."""
    turns = [[seconds(act, data) for act in (naive, process, plain_decode)] for _ in range(rounds + 1)][1:]
    return tuple(min(turn[column] for turn in turns) for column in range(3))  # type: ignore[return-value]


def psnr(a, b) -> float:
    error = ((np.asarray(a, np.float32) - np.asarray(b, np.float32)) ** 2).mean()
    return float(10 * np.log10(255**2 / error))


def fidelity(data: bytes) -> list[tuple]:
    """Per rendition, dB against a full Lanczos resize: our pixels, our JPEG, and the naive path's JPEG."""
    container = formats.read(data, Limits())
    width, height = container.width, container.height
    ours = render.scaled(decode.pixels(container, render.decode_scale(width, height)), width, height)
    rows = []
    for size, reference in naive(data).items():
        quality, chroma = render.QUALITY[size]
        saved = jpeg(reference, quality=quality, subsampling=SUBSAMPLING[chroma])
        files = [Image.open(io.BytesIO(file)) for file in (render.encode(size, ours[size]).data, saved)]
        rows.append((size, *(psnr(made, reference) for made in (ours[size], *files))))
    return rows


def in_child(data: bytes) -> tuple[str, float, str]:
    """(format or code, peak MiB, seconds) of process() in a fresh process."""
    found = subprocess.run([sys.executable, "-c", CHILD], input=data, capture_output=True, check=True, cwd=ROOT)
    answer, peak, took = found.stdout.decode().split()
    return answer, int(peak) / 1024, took


def hostile() -> dict[str, bytes]:
    from tests import images

    makers = (
        images.giant_png,
        images.giant_jpeg,
        images.giant_webp,
        images.one_bit_bomb,
        images.under_pillows_limit,
        images.strip,
        images.text_bomb,
        images.profile_bomb,
        images.many_texts,
        images.crowded_png,
        images.crowded_jpeg,
        images.many_scans,
        images.apng,
        images.gif,
        images.animated_webp,
    )
    named = {maker.__name__: maker() for maker in makers}
    for depth, colour, name in ((8, 6, "RGBA"), (16, 6, "16-bit RGBA"), (16, 0, "16-bit grey"), (8, 3, "palette")):
        extra = images.chunk(b"PLTE", bytes(768)) if colour == 3 else b""
        named[f"49 MP PNG, {name}"] = images.png(7000, 7000, depth, colour, extra=extra)
    return named


def fifty(large: Image.Image) -> dict[str, bytes]:
    """The photo of 50 megapixels in the other formats, each at its worst."""
    return {
        "50 MP progressive 4:4:4 JPEG": jpeg(large, progressive=True, subsampling=0),
        "50 MP CMYK JPEG": jpeg(large.convert("CMYK")),
        "50 MP lossy WebP": saved(large, "WEBP", quality=60, method=0),
        "50 MP lossless WebP": saved(
            large.resize((1750, 1750)).resize((7000, 7000), 0), "WEBP", lossless=True, method=0
        ),
    }


def saved(image: Image.Image, form: str, **save) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **save)
    return buffer.getvalue()


def run(argv: list[str]) -> None:
    options = argparse.ArgumentParser(prog="bench ingest", description=__doc__)
    options.add_argument("photos", nargs="?", type=Path, default=DATA, help="a folder of set/class/photo.jpg")
    options.add_argument("--rounds", type=int, default=15)
    chosen = options.parse_args(argv)
    large, small = scene(chosen.photos, 4000, 3000), scene(chosen.photos, 1152, 864)
    inputs = dict(zip(GOALS, (jpeg(large), jpeg(large, progressive=True), jpeg(small)), strict=True))
    ratios = speed(inputs, chosen.rounds)
    worst = quality(inputs)
    photo, hardest = memory(large)
    headline("ingest 50 MP photo", f"{photo:.0f}", "MiB", f"<= {PHOTO_MIB}")
    headline("ingest hardest input", f"{hardest:.0f}", "MiB", f"<= {HOSTILE_MIB}")
    headline("ingest worst rendition", f"{worst:.1f}", "dB", f">= {DECIBELS:.0f}")
    for name in list(GOALS)[1:]:
        headline(f"ingest {name}", f"{ratios[name]:.2f}", "times the naive path", f">= {GOALS[name]}")
    headline("ingest", f"{ratios['12 MP baseline']:.2f}", "times the naive path, 12 MP baseline", ">= 10.0")


def speed(inputs: dict[str, bytes], rounds: int) -> dict[str, float]:
    rows, ratios = [], {}
    for name, data in inputs.items():
        slow, ours, decoding = timed(data, rounds)
        ratios[name] = slow / ours
        figures = (f"{slow * 1e3:.1f}", f"{ours * 1e3:.1f}", f"{decoding * 1e3:.1f}")
        rows.append((name, f"{len(data) / 1e6:.2f}", *figures, f"{slow / ours:.2f}", f"{ours / decoding:.2f}"))
    table(("CPU time", "MB", "naive ms", "ours ms", "decode ms", "naive / ours", "ours / one decode"), rows)
    print()
    return ratios


def quality(inputs: dict[str, bytes]) -> float:
    rows = [(name, *row) for name, data in inputs.items() for row in fidelity(data)]
    head = ("PSNR against full Lanczos", "rendition", "our resize", "our JPEG", "naive JPEG")
    table(head, [(name, size, *(f"{value:.1f}" for value in values)) for name, size, *values in rows])
    print()
    return min(row[2] for row in rows)


def memory(large: Image.Image) -> tuple[float, float]:
    huge = large.resize((8160, 6120), Image.Resampling.BICUBIC)
    photo = {"50 MP baseline photo": jpeg(huge)}
    measured = {name: in_child(data) for name, data in (photo | fifty(huge) | hostile()).items()}
    table(
        ("peak memory of a fresh child", "answer", "MiB", "s"),
        [(name, answer, f"{peak:.0f}", took) for name, (answer, peak, took) in measured.items()],
    )
    print()
    return measured["50 MP baseline photo"][1], max(peak for _, peak, _ in measured.values())
