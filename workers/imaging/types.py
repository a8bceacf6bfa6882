"""The words of imaging: what may come in, what comes out, and why something does not."""

from dataclasses import dataclass
from datetime import datetime

CODES = (
    "empty",
    "only_zeros",
    "too_large",
    "not_a_picture",
    "format_refused",
    "animated",
    "truncated",
    "damaged",
    "too_many_pixels",
    "too_narrow",
    "side_too_large",
    "side_too_small",
    "too_many_scans",
    "metadata_too_large",
    "too_complex",
)


class Rejected(Exception):  # noqa: N818 (a verdict on the file, not an error of ours)
    """The supplier's matter: the file cannot be taken. `code` is one of CODES, `detail` numbers to put into words."""

    def __init__(self, code: str, **detail: int | str):
        if code not in CODES:
            raise ValueError(f"unknown code {code}")
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __reduce__(self):
        """Keep it whole on the way between processes; exceptions forget keywords by default."""
        return _rejected, (self.code, self.detail)


def _rejected(code: str, detail: dict[str, int | str]) -> Rejected:
    return Rejected(code, **detail)


@dataclass(frozen=True, slots=True)
class Limits:
    """What one picture may cost us. Bytes, pixels, and the ratio of the longer to the shorter side."""

    max_bytes: int = 20 * 1024 * 1024
    max_pixels: int = 50_000_000
    min_side: int = 64
    max_side: int = 16384
    max_aspect: float = 10.0
    max_scans: int = 64

    def check_bytes(self, data: bytes) -> None:
        """Raise Rejected when `data` is empty or larger than we take."""
        if not data:
            raise Rejected("empty")
        if len(data) > self.max_bytes:
            raise Rejected("too_large", bytes=len(data), limit=self.max_bytes)

    def check_size(self, width: int, height: int) -> None:
        """Raise Rejected when a picture of these sides (as its header states them) is not for us."""
        shorter, longer = sorted((width, height))
        numbers = {"width": width, "height": height}
        if shorter <= 0:
            raise Rejected("damaged", **numbers)
        if width * height > self.max_pixels:
            raise Rejected("too_many_pixels", **numbers, limit=self.max_pixels)
        if longer > self.max_aspect * shorter:
            raise Rejected("too_narrow", **numbers, limit=int(self.max_aspect))
        if longer > self.max_side:
            raise Rejected("side_too_large", **numbers, limit=self.max_side)
        if shorter < self.min_side:
            raise Rejected("side_too_small", **numbers, limit=self.min_side)


@dataclass(frozen=True, slots=True)
class Container:
    """What the file says about its picture before a pixel is decoded; sides as stored, before orientation."""

    format: str
    width: int
    height: int
    exif: bytes = b""
    icc: bytes = b""
    body: bytes = b""  # what the decoder gets, where that is not the whole file
    depth: int = 8
    cmyk: bool = False


@dataclass(frozen=True, slots=True)
class Rendition:
    """A resized, metadata-free JPEG. `size` is the name of its box, `width` and `height` what it became."""

    size: int
    data: bytes
    width: int
    height: int
    sha256: str
    crc32: int


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything ingest learns from one file; see the fields' comments for units."""

    format: str  # JPEG, PNG, WEBP or HEIF
    content_type: str
    extension: str
    width: int  # upright, of the original
    height: int
    pixels_sha256: str  # of the upright pixels, by the largest rendition made of them, and the original's size
    fingerprint: bytes | None  # 32 bytes, or None where the picture has too little in it to tell it by
    mirrored: bytes | None
    dark: float  # 99th percentile of brightness, 0..1
    light: float  # 5th percentile
    entropy: float  # bits
    sharpness: float  # standard deviation of the Laplacian of the 224 rendition
    flags: tuple[str, ...]
    tint: int  # mean colour, 0xRRGGBB
    taken_at: datetime | None  # naive, as the camera wrote it
    gps: tuple[float, float] | None  # latitude, longitude in degrees
    renditions: dict[int, Rendition]
