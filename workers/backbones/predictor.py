"""Say what photos show, with the model that lies beside this file. Needs ai-edge-litert, numpy and pillow, no more.

    python predict.py photo.jpg more_photos --top 3
    python predict.py photos --csv answers.csv --model model-int8.tflite

In a program: `model = load()`, then `model.predict("photo.jpg")` gives [("duck", 0.93), ("goose", 0.05), …].
HEIC photos are read where pillow-heif is installed.
"""

import argparse
import contextlib
import csv
import io
import os
import struct
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TextIO

NEEDED = "is missing. Install what this needs: pip install ai-edge-litert numpy pillow"
try:
    import numpy as np
    from PIL import Image
except ImportError as missing:
    if __name__ == "__main__":
        sys.exit(f"{missing.name} {NEEDED}")
    raise

Location = str | os.PathLike[str]
Source = bytes | Location

HERE = Path(__file__).parent
MODEL, LABELS = "model-float16.tflite", "labels.txt"
FORMATS = ("JPEG", "PNG", "WEBP")  # phones' MPO is a JPEG
SUFFIXES = {".jpg", ".jpeg", ".jpe", ".mpo", ".png", ".webp", ".heic", ".heif"}
MAX_PIXELS = 50_000_000
STRIP = 256  # rows converted at a time: a photo must not lie in memory three times
DEEP = {"I", "I;16", "I;16B", "I;16L", "I;16N"}
ALPHA = {"RGBA", "LA", "PA", "RGBa", "La"}
ORIENTATION = 0x0112
# From the stored pixels (h, w, 3) to upright ones, by what EXIF says.
TURNS: dict[int, Callable[[np.ndarray], np.ndarray]] = {
    2: np.fliplr,
    3: lambda pixels: np.rot90(pixels, 2),
    4: np.flipud,
    5: lambda pixels: pixels.swapaxes(0, 1),
    6: lambda pixels: np.rot90(pixels, -1),
    7: lambda pixels: np.rot90(pixels.swapaxes(0, 1), 2),
    8: np.rot90,
}
# What Pillow and its decoders raise for bytes they do not understand.
WRONG = (OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, ArithmeticError, struct.error)
DECODING = (*WRONG, MemoryError, RuntimeError)


class Unreadable(ValueError):  # noqa: N818 (said of a picture, in words)
    """These bytes are no picture, or none that is read here."""


def read(source: Source, side: int = 0) -> np.ndarray:
    """A picture, given as bytes or as a path, as upright RGB from 0 to 255, float32.

    (side, side, 3), the whole picture squeezed to a square; or (height, width, 3) as it is where `side` is 0.
    Raises Unreadable, and OSError where the file does not open.
    """
    with io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb") as file:
        formats = _formats(file.read(12))
        file.seek(0)
        try:
            with _opened(file, formats) as image:
                return _upright(image, side)
        except Unreadable:
            raise
        except Image.DecompressionBombError as error:
            raise Unreadable(f"more than {MAX_PIXELS // 10**6} million pixels") from error
        except DECODING as error:
            raise Unreadable("damaged, or no picture of a kind that is read (JPEG, PNG, WebP, HEIC)") from error


def _formats(head: bytes) -> tuple[str, ...]:
    if head[4:8] != b"ftyp":
        return FORMATS
    try:
        import pillow_heif
    except ImportError as error:
        raise Unreadable("a HEIC photo, which needs: pip install pillow-heif") from error
    pillow_heif.register_heif_opener()
    return (*FORMATS, "HEIF")


@contextlib.contextmanager
def _opened(file: Any, formats: tuple[str, ...]) -> Iterator[Image.Image]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's doubts; the limit is ours, and what does not decode is refused
        with Image.open(file, formats=formats) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Unreadable(f"{image.width} × {image.height} pixels, more than {MAX_PIXELS // 10**6} million")
            image.load()
            yield image


def _upright(image: Image.Image, side: int) -> np.ndarray:
    flat = _flattener(image)
    strips = ((0, top, image.width, min(top + STRIP, image.height)) for top in range(0, image.height, STRIP))
    flats = (flat(image.crop(strip)) for strip in strips)
    pixels = _squeezed(flats, side) if side else np.concatenate([np.asarray(one, np.float32) for one in flats])
    return np.ascontiguousarray(TURNS.get(_orientation(image), np.asarray)(pixels))


def _squeezed(strips: Iterable[Image.Image], side: int) -> np.ndarray:
    """The filter that is inside the Keras model: bilinear over as many pixels as fall together, nothing rounded.

    It widens in one direction, then in the other, so strips of rows give what the whole picture would.
    """
    bands: list[list[np.ndarray]] = [[], [], []]
    for strip in strips:
        for rows, band in zip(bands, strip.split(), strict=True):
            rows.append(np.asarray(_bilinear(band.convert("F"), side, strip.height)))
    return np.stack([np.asarray(_bilinear(Image.fromarray(np.concatenate(rows)), side, side)) for rows in bands], -1)


def _bilinear(band: Image.Image, width: int, height: int) -> Image.Image:
    return band.resize((width, height), Image.Resampling.BILINEAR)


def _flattener(image: Image.Image) -> Callable[[Image.Image], Image.Image]:
    """What turns the picture's strips into 8-bit sRGB: 16 bits scaled, transparency on white."""
    to_srgb = _transform(image.info.get("icc_profile") or b"")

    def flat(strip: Image.Image) -> Image.Image:
        if strip.mode in DEEP:
            wide = np.clip(np.asarray(strip), 0, 65535).astype(np.uint32)
            strip = Image.fromarray(((wide * 255 + 32767) // 65535).astype(np.uint8))
        elif strip.mode in ALPHA or "transparency" in strip.info:
            strip = Image.alpha_composite(Image.new("RGBA", strip.size, "white"), strip.convert("RGBA"))
        return to_srgb(strip.convert("RGB"))

    return flat


def _transform(icc: bytes) -> Callable[[Image.Image], Image.Image]:
    """By the picture's colour profile, as the hub does when it takes a photo; a broken one changes nothing."""
    if icc[16:20] != b"RGB " or b"sRGB" in icc or "sRGB".encode("utf-16-be") in icc:
        return lambda strip: strip
    from PIL import ImageCms

    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(icc))
        built = ImageCms.buildTransform(profile, ImageCms.createProfile("sRGB"), "RGB", "RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return lambda strip: strip
    return lambda strip: ImageCms.applyTransform(strip, built) or strip


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except DECODING:
        return 1  # a picture is not worse for a broken note about it


class Model:
    """A loaded model: one thread at a time. `labels` are its classes, `side` the pixels of its square."""

    def __init__(self, path: Location, labels: Sequence[str]) -> None:
        from ai_edge_litert.interpreter import Interpreter

        try:
            self.interpreter = Interpreter(str(path), num_threads=min(4, os.cpu_count() or 1))
            self.interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise ValueError(f"{path} is no model: {error}") from error
        [asked], [answer] = self.interpreter.get_input_details(), self.interpreter.get_output_details()
        self.asked, self.answer, self.side, self.labels = asked["index"], answer["index"], asked["shape"][1], labels
        if len(labels) != answer["shape"][-1]:
            raise ValueError(f"{path} knows {answer['shape'][-1]} classes, and {len(labels)} labels were given.")

    def probabilities(self, pixels: np.ndarray) -> np.ndarray:
        """(classes,) of what `read(…, self.side)` gave."""
        self.interpreter.set_tensor(self.asked, pixels[None])
        self.interpreter.invoke()
        return self.interpreter.get_tensor(self.answer)[0]

    def predict(self, source: Source) -> list[tuple[str, float]]:
        """Every label with its probability, the likeliest first. Raises Unreadable, OSError."""
        found = self.probabilities(read(source, self.side))
        return [(self.labels[n], float(found[n])) for n in np.argsort(-found, kind="stable")]


def load(path: Location = HERE / MODEL, labels: Sequence[str] | None = None) -> Model:
    """A .tflite file of the hub's; its labels are in labels.txt beside it unless given. Raises OSError, ValueError."""
    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no model file {path}.")
    beside = Path(path).parent / LABELS
    return Model(path, beside.read_text("utf-8").splitlines() if labels is None else labels)


def photos(paths: Iterable[Path]) -> Iterator[Path]:
    """The files named, and every photo below the folders named, hidden ones left out."""
    for path in paths:
        below = sorted(one for one in path.rglob("*") if one.suffix.lower() in SUFFIXES) if path.is_dir() else [path]
        yield from (one for one in below if one == path or not any(p[0] == "." for p in one.relative_to(path).parts))


def safe(cell: object) -> object:
    """A cell that a spreadsheet shows and does not run."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) else cell


def table(file: TextIO, head: Sequence[object]) -> Callable[[Sequence[object]], object]:
    """Begin a CSV; what writes a row of it."""
    rows = csv.writer(file, lineterminator="\n")
    rows.writerow(map(safe, head))
    return lambda row: rows.writerow(map(safe, row))


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 0, or 1 when some pictures were not read, or 2 when nothing could be done."""
    parser = argparse.ArgumentParser(description="Say what photos show.", epilog="Exit code 1: some were not read.")
    parser.add_argument("photos", nargs="+", type=Path, help="photos, and folders of them")
    parser.add_argument("--model", type=Path, default=HERE / MODEL, help=f"a .tflite file ({MODEL} unless told)")
    parser.add_argument("--top", type=int, default=3, help="so many labels of each (3 unless told)")
    parser.add_argument("--csv", help="write a table here, with the probability of every label")
    asked = parser.parse_args(arguments)
    try:
        model = load(asked.model)
        with open(asked.csv, "w", encoding="utf-8", newline="") if asked.csv else contextlib.nullcontext() as file:
            return 1 if _answer(model, asked, file) else 0
    except ImportError as error:
        print(f"{error.name} {NEEDED}", file=sys.stderr)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
    return 2


def _answer(model: Model, asked: argparse.Namespace, file: TextIO | None) -> int:
    """How many pictures were not read."""
    write = table(file, ("file", "label", "probability", *model.labels)) if file else None
    failed = 0
    for path in photos(asked.photos):
        try:
            found = model.predict(path)
        except (Unreadable, OSError) as error:
            print(f"{path}: {error}", file=sys.stderr)
            failed += 1
            continue
        print(f"{path}: " + ", ".join(f"{label} {share:.1%}" for label, share in found[: asked.top]))
        if write:
            shares = dict(found)
            write((str(path), *found[0], *(shares[label] for label in model.labels)))
    return failed


if __name__ == "__main__":
    sys.exit(main())
