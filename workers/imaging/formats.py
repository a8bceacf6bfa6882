"""Which format a file is, by its own first bytes and never by its name, and what its container says."""

from . import heif, jpeg, png, webp
from .types import Container, Limits, Rejected

READERS = {"JPEG": jpeg.read, "PNG": png.read, "WEBP": webp.read, "HEIF": heif.read}
CONTENT = {
    "JPEG": ("image/jpeg", "jpg"),
    "PNG": ("image/png", "png"),
    "WEBP": ("image/webp", "webp"),
    "HEIF": ("image/heic", "heic"),
}
HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"mif1", *heif.SEQUENCES)
# Formats we know and do not take: no photos, several pages, or too large a surface to attack.
FOREIGN = (
    (b"GIF8", "GIF"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"II+\0", "TIFF"),
    (b"MM\0+", "TIFF"),
    (b"BM", "BMP"),
    (b"%!PS", "EPS"),
    (b"\xc5\xd0\xd3\xc6", "EPS"),
    (b"8BPS", "PSD"),
    (b"%PDF", "PDF"),
    (b"PK\x03\x04", "ZIP"),
    (b"PK\x05\x06", "ZIP"),
    (b"\0\0\x01\0", "ICO"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
)
MARKUP = ((b"<svg", "SVG"), (b"<!doctype html", "HTML"), (b"<html", "HTML"), (b"<script", "HTML"), (b"<?xml", "XML"))


def read(data: bytes, limits: Limits) -> Container:
    """Find the format, check its container and its sides against `limits`; Rejected says what is wrong."""
    limits.check_bytes(data)
    container = READERS[_taken(data) or _refuse(data)](data, limits)
    limits.check_size(container.width, container.height)
    return container


def _taken(data: bytes) -> str | None:
    if data[:3] == b"\xff\xd8\xff":
        return "JPEG"
    if data[:8] == png.SIGNATURE:
        return "PNG"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "WEBP"
    return "HEIF" if _is_heif(data) else None


def _is_heif(data: bytes) -> bool:
    """AVIF shares the box layout and sometimes the brand `mif1`, and is not on our list."""
    if data[4:8] != b"ftyp" or data[8:12] not in HEIF_BRANDS:
        return False
    brands = data[8 : min(int.from_bytes(data[:4]), 256)]
    return b"avif" not in brands and b"avis" not in brands


def _refuse(data: bytes) -> str:
    """Raise for a file that is none of ours, in words as near to the truth as its first bytes allow."""
    for start, name in FOREIGN:
        if data.startswith(start):
            raise Rejected("format_refused", format=name)
    head = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for start, name in MARKUP:
        if head.startswith(start):
            raise Rejected("format_refused", format="SVG" if b"<svg" in head else name)
    if data[4:8] == b"ftyp":
        raise Rejected("format_refused", format="AVIF" if b"avi" in data[8:64] else "video")
    raise Rejected("not_a_picture" if data.strip(b"\0") else "only_zeros", bytes=len(data))
