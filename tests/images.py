"""Pictures made in the test by one line: good, odd and hostile. Deterministic by seed, nothing read from disk."""

import io
import struct
import zlib
from functools import cache

import numpy as np
from PIL import Image, ImageCms

GIANT = 2**31 - 1


# --- good ones ------------------------------------------------------------------------------------------------------


def pixels(seed=1, size=(800, 600)) -> np.ndarray:
    """A photo-like scene, RGB (h, w, 3) uint8: smooth light, shapes, texture. Seeds look nothing alike."""
    width, height = size
    random = np.random.default_rng(seed)
    scene = np.zeros((height, width, 3), np.float32)
    for cells, strength in ((3, 60), (6, 60), (12, 40), (24, 22), (48, 12)):
        grid = Image.fromarray(random.integers(0, 256, (cells, cells, 3), np.uint8))
        scene += (np.asarray(grid.resize(size, Image.Resampling.BICUBIC), np.float32) / 127.5 - 1) * strength
    scene = _with_things(scene, random)
    scene += random.normal(0, 6, (height, width, 1)).astype(np.float32)
    return np.clip(scene + 128, 0, 255).astype(np.uint8)


def _with_things(scene: np.ndarray, random) -> np.ndarray:
    """Small hard-edged boxes strewn over the scene, so that it has corners to recognise it by."""
    height, width = scene.shape[:2]
    for _ in range(120):
        across, down = random.integers(2, max(3, width // 14)), random.integers(2, max(3, height // 14))
        left, top = random.integers(0, max(1, width - across)), random.integers(0, max(1, height - down))
        scene[top : top + down, left : left + across] += random.integers(-70, 70, 3)
    return scene


def picture(seed=1, size=(800, 600)) -> Image.Image:
    """The scene of `pixels` as a Pillow image."""
    return Image.fromarray(pixels(seed, size))


def saved(image: Image.Image, format="JPEG", **save) -> bytes:
    """A Pillow image as the bytes of a file."""
    if format == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener()
    buffer = io.BytesIO()
    image.save(buffer, format, **save)
    return buffer.getvalue()


@cache
def _photo(seed, size, format, save) -> bytes:
    return saved(picture(seed, size), format, **dict(save))


def photo(seed=1, size=(800, 600), format="JPEG", **save) -> bytes:
    """Bytes of a photo-like picture; `save` goes to Pillow (quality=, progressive=, exif=…). Remembered per process."""
    return _photo(seed, tuple(size), format, tuple(sorted(save.items())))


def plain(colour=(200, 200, 200), size=(400, 300), format="PNG") -> bytes:
    """A picture of one colour, in which there is nothing to tell it by."""
    return saved(Image.new("RGB", size, colour), format)


def mirrored(seed=1, size=(800, 600), **save) -> bytes:
    """The photo of `seed`, left and right exchanged."""
    return saved(picture(seed, size).transpose(Image.Transpose.FLIP_LEFT_RIGHT), **save)


def reencoded(seed=1, size=(800, 600), quality=60) -> bytes:
    """The photo of `seed` saved once more, worse."""
    return saved(Image.open(io.BytesIO(photo(seed, size))), quality=quality)


# --- oddities that must pass ----------------------------------------------------------------------------------------


def cmyk(seed=1, size=(400, 300)) -> bytes:
    """A CMYK JPEG, inverted as Adobe and Pillow write it."""
    return saved(picture(seed, size).convert("CMYK"))


def grey(seed=1, size=(400, 300), format="JPEG") -> bytes:
    return saved(picture(seed, size).convert("L"), format)


def one_bit(seed=1, size=(400, 300)) -> bytes:
    return saved(picture(seed, size).convert("1"), "PNG")


def palette(seed=1, size=(400, 300), transparent: int | None = None) -> bytes:
    """A palette PNG, one of its colours transparent if asked."""
    options = {} if transparent is None else {"transparency": transparent}
    return saved(picture(seed, size).quantize(64), "PNG", **options)


def sixteen_bit(size=(400, 300), value: int | None = None) -> bytes:
    """A 16-bit grey PNG: a ramp over the whole range, or one value everywhere."""
    ramp = np.linspace(0, 65535, size[0] * size[1]).reshape(size[::-1])
    return saved(Image.fromarray((ramp if value is None else np.full_like(ramp, value)).astype(np.uint16)), "PNG")


def with_alpha(seed=1, size=(400, 300), alpha=0, mode="RGBA", format="PNG", lossless=True) -> bytes:
    """The left half opaque, the right half at `alpha` (0 hides it)."""
    image = picture(seed, size).convert(mode)
    mask = np.full(size[::-1], 255, np.uint8)
    mask[:, size[0] // 2 :] = alpha
    image.putalpha(Image.fromarray(mask))
    return saved(image, format, **({"lossless": lossless} if format == "WEBP" else {}))


def keyed(colour=(10, 200, 30), size=(400, 300)) -> bytes:
    """An RGB PNG whose right half has the one colour that tRNS declares transparent."""
    scene = pixels(1, size).copy()
    scene[:, size[0] // 2 :] = colour
    return saved(Image.fromarray(scene), "PNG", transparency=colour)


def mpo(seed=1, size=(800, 600)) -> bytes:
    """Two pictures in one JPEG, as phones write them."""
    return saved(picture(seed, size), "MPO", save_all=True, append_images=[picture(seed + 1, size)])


def heic(seed=1, size=(400, 300), **save) -> bytes:
    return photo(seed, size, "HEIF", **save)


def oriented(orientation, seed=1, size=(400, 300)) -> bytes:
    """A JPEG whose stored pixels, turned as its EXIF says, show the scene of `seed` upright in `size`."""
    undo = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Image.Transpose values that undo each orientation
    image = picture(seed, size)
    turned = image.transpose(Image.Transpose(undo[orientation])) if orientation in undo else image
    return with_exif(saved(turned, quality=95), orientation=orientation)


# --- metadata -------------------------------------------------------------------------------------------------------


def exif_block(orientation=None, gps=None, taken_at=None, comment=None, note: bytes | None = None) -> bytes:
    """An EXIF block; `gps` is (latitude, longitude) however absurd, `taken_at` a camera's text, `note` a maker's."""
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    if comment is not None:
        exif[0x010E] = comment
    if gps is not None:
        latitude, longitude = gps
        exif.get_ifd(0x8825).update(
            {1: "NS"[latitude < 0], 2: _sexagesimal(latitude), 3: "EW"[longitude < 0], 4: _sexagesimal(longitude)}
        )
    if taken_at is not None:
        exif.get_ifd(0x8769)[0x9003] = taken_at
    if note is not None:
        exif.get_ifd(0x8769)[0x927C] = note
    return exif.tobytes()


def _sexagesimal(value):
    value = abs(value)
    return (float(int(value)), float(int(value * 60 % 60)), round(value * 3600 % 60, 4))


def with_exif(data: bytes, **facts) -> bytes:
    """The JPEG or PNG with an EXIF block (see `exif_block`) put in, its pixels untouched."""
    block = exif_block(**facts)
    if data.startswith(b"\x89PNG"):
        return data[:33] + chunk(b"eXIf", block.removeprefix(b"Exif\0\0")) + data[33:]
    return with_segment(data, 0xE1, block)


def with_segment(jpeg: bytes, marker: int, payload: bytes) -> bytes:
    """The JPEG with one more segment behind its start: 0xFE is a comment, 0xE1 EXIF or XMP."""
    return jpeg[:2] + struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload + jpeg[2:]


def with_profile(data: bytes, profile: bytes) -> bytes:
    """The JPEG with a colour profile in one segment."""
    return with_segment(data, 0xE2, b"ICC_PROFILE\0\x01\x01" + profile)


def srgb_profile() -> bytes:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def swapped_profile() -> bytes:
    """A profile that is not called sRGB and exchanges red and green."""
    profile = srgb_profile()
    for encoding in ("ascii", "utf-16-be"):
        profile = profile.replace("sRGB".encode(encoding), "mine".encode(encoding))
    return profile.replace(b"rXYZ", b"tXYZ", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"tXYZ", b"gXYZ", 1)


def ink_profile() -> bytes:
    """A CMYK profile by hand: one table of two steps an ink, by which no ink is white and any ink is dark and red."""
    paper, inked = b"\xff\x80\x80", b"\x40\xc0\x80"
    line = bytes(range(256))
    table = b"mft1" + bytes(4) + b"\x04\x03\x02\0" + struct.pack(">9i", *(65536 * (n % 4 == 0) for n in range(9)))
    table += line * 4 + paper + inked * 15 + line * 3
    head = b"\x02\x40\0\0prtrCMYKLab " + bytes(12) + b"acsp" + bytes(28)
    head += struct.pack(">3i", 63190, 65536, 54061)
    tags = struct.pack(">I4sII", 1, b"A2B0", 144, len(table))
    return struct.pack(">I4x", 144 + len(table)) + head.ljust(120, b"\0") + tags + table


# --- damage ---------------------------------------------------------------------------------------------------------


def truncated(data: bytes, by=2) -> bytes:
    return data[:-by]


def flipped_bits(data: bytes, bits=200, seed=1, after=1024) -> bytes:
    """The file with `bits` of its bits turned, none of them in its first `after` bytes."""
    damaged = bytearray(data)
    for place in np.random.default_rng(seed).integers(after * 8, len(data) * 8, bits):
        damaged[place // 8] ^= 1 << place % 8
    return bytes(damaged)


def zero_filled(data: bytes, start: float = 0.5, length=4096) -> bytes:
    """The file with `length` bytes of nothing from a fraction of it on, as a broken copy leaves it."""
    at = int(len(data) * start)
    length = min(length, len(data) - at)
    return data[:at] + bytes(length) + data[at + length :]


def polyglot(data: bytes, rider=b"PK\x03\x04<script>alert(1)</script>") -> bytes:
    """A sound picture with something else behind it."""
    return data + rider


# --- PNG by hand ----------------------------------------------------------------------------------------------------


def chunk(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", zlib.crc32(kind + payload))


def png(width, height, depth=8, colour=2, body: bytes | None = None, extra=b"") -> bytes:
    """A PNG put together by hand, black unless `body` (compressed) is given; `extra` chunks follow the header."""
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    if body is None:
        channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
        body = zeros(height * (1 + -(-width * depth * channels // 8)))
    return b"\x89PNG\r\n\x1a\n" + header + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@cache
def zeros(count: int) -> bytes:
    """`count` zero bytes, deflated piece by piece."""
    packer, piece = zlib.compressobj(1), bytes(1 << 20)
    parts = [packer.compress(piece) for _ in range(count >> 20)]
    return b"".join((*parts, packer.compress(bytes(count & (1 << 20) - 1)), packer.flush()))


def giant_png() -> bytes:
    """A header that declares 2³¹-1 squared."""
    return png(GIANT, GIANT, body=zeros(1000))


def one_bit_bomb() -> bytes:
    """30,000 squared in one bit: 112 MB of rows in 110 KB."""
    return png(30_000, 30_000, depth=1, colour=0)


def under_pillows_limit() -> bytes:
    """169 megapixels: Pillow only warns."""
    return png(13_000, 13_000, colour=0)


def strip() -> bytes:
    """1 x 60,000."""
    return png(1, 60_000)


def text_bomb(size=64 << 20) -> bytes:
    """zTXt that unpacks to 64 MiB."""
    return png(100, 100, extra=chunk(b"zTXt", b"Comment\0\0" + zeros(size)))


def profile_bomb(size=64 << 20) -> bytes:
    """iCCP that unpacks to 64 MiB."""
    return png(100, 100, extra=chunk(b"iCCP", b"icc\0\0" + zeros(size)))


def many_texts(count=4_000) -> bytes:
    """Each text small enough, all of them together not."""
    return png(100, 100, extra=chunk(b"zTXt", b"a\0\0" + zeros(900_000)) * count)


def crowded_png(count=1_000_000) -> bytes:
    """A million empty chunks."""
    return png(100, 100, extra=chunk(b"teSt", b"") * count)


# --- JPEG by hand ---------------------------------------------------------------------------------------------------


def _header_of(jpeg: bytes) -> int:
    return next(
        jpeg.index(bytes((0xFF, marker, 0, 17))) for marker in (0xC0, 0xC2) if bytes((0xFF, marker, 0, 17)) in jpeg
    )


def resized_header(jpeg: bytes, width, height) -> bytes:
    """The JPEG with other sides declared in its header."""
    at = _header_of(jpeg) + 5
    return jpeg[:at] + struct.pack(">HH", height, width) + jpeg[at + 4 :]


def giant_jpeg() -> bytes:
    """A header that declares 65,535 squared."""
    return resized_header(photo(1, (100, 100)), 65_535, 65_535)


def many_scans(count=1000) -> bytes:
    """A progressive JPEG whose last scan is sent again and again."""
    jpeg = photo(1, (800, 600), progressive=True, quality=20)
    return jpeg[:-2] + jpeg[jpeg.rindex(b"\xff\xda") : -2] * count + b"\xff\xd9"


def crowded_jpeg(count=2_000_000) -> bytes:
    """Two million empty comments."""
    jpeg = photo(1, (100, 100))
    return jpeg[:2] + b"\xff\xfe\0\x02" * count + jpeg[2:]


# --- animations, one small frame repeated ---------------------------------------------------------------------------


def apng(frames=10_000, size=(100, 100)) -> bytes:
    width, height = size
    body = zeros(height * (1 + width * 3))
    control = struct.pack(">IIIIHHBB", width, height, 0, 0, 1, 10, 0, 0)
    parts = [chunk(b"acTL", struct.pack(">II", frames, 0)), chunk(b"fcTL", struct.pack(">I", 0) + control)]
    later = [
        chunk(b"fcTL", struct.pack(">I", 2 * n - 1) + control) + chunk(b"fdAT", struct.pack(">I", 2 * n) + body)
        for n in range(1, frames)
    ]
    whole = png(width, height, body=body, extra=b"".join(parts))
    return whole[:-12] + b"".join(later) + whole[-12:]


def gif(frames=10_000, size=(100, 100)) -> bytes:
    one = saved(Image.new("P", size), "GIF")
    start = one.index(b",", 13 + 3 * 2 ** ((one[10] & 7) + 1))
    return one[:start] + one[start:-1] * frames + b";"


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    """A WebP of these chunks."""
    body = b"".join(kind + struct.pack("<I", len(data)) + data + bytes(len(data) % 2) for kind, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def riff_chunks(webp: bytes) -> list[tuple[bytes, bytes]]:
    """The chunks of a WebP: what `riff` puts together."""
    found, at = [], 12
    while at < len(webp):
        kind, length = struct.unpack_from("<4sI", webp, at)
        found.append((kind, webp[at + 8 : at + 8 + length]))
        at += 8 + length + length % 2
    return found


def animated_webp(frames=10_000, size=(100, 100)) -> bytes:
    inner = saved(Image.new("RGB", size), "WEBP", lossless=True)[12:]
    sides = [(side - 1).to_bytes(3, "little") for side in size]
    frame = bytes(6) + b"".join(sides) + (50).to_bytes(3, "little") + b"\0" + inner
    return riff((b"VP8X", b"\x02\0\0\0" + b"".join(sides)), (b"ANIM", bytes(6)), *[(b"ANMF", frame)] * frames)


def giant_webp() -> bytes:
    """34 bytes that declare 268 megapixels."""
    return riff((b"VP8L", b"\x2f" + (16383 | 16383 << 14).to_bytes(4, "little") + bytes(9)))


def two_sided_webp() -> bytes:
    """A canvas of 100 squared around a picture that declares 16,384 squared."""
    canvas = bytes(4) + (99).to_bytes(3, "little") * 2
    return riff((b"VP8X", canvas), (b"VP8L", b"\x2f" + (16383 | 16383 << 14).to_bytes(4, "little") + bytes(9)))


def heif_sequence() -> bytes:
    """A HEIC under the brand of image sequences."""
    return heic().replace(b"ftypheic", b"ftyphevc", 1)


# --- what is no picture of ours -------------------------------------------------------------------------------------


def tiff(size=(200, 150)) -> bytes:
    return saved(picture(1, size), "TIFF")


def bmp(size=(200, 150)) -> bytes:
    return saved(picture(1, size), "BMP")


def avif(size=(200, 150)) -> bytes:
    return saved(picture(1, size), "AVIF")


EPS = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 100 100\n/Times findfont 12 scalefont setfont showpage\n"
PSD = b"8BPS\0\x01" + bytes(6) + struct.pack(">HIIHH", 3, 100, 100, 8, 3) + bytes(100)
PDF = b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><html><body><script>alert(1)</script></body></html>"
ZIP = b"PK\x03\x04\x14\0\0\0\0\0" + bytes(200)
MP4 = b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2" + bytes(100)
