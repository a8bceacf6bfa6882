"""What must not leave: photos with words planted wherever a file can hold some, and a search that opens what it finds.

Nobody has such a name or such a camera, so whatever of it is found came out of a photo, or of what its supplier typed.
"""

import gzip
import io
import re
import struct
import tarfile
import zlib
from collections.abc import Iterator
from zipfile import ZipFile

from PIL import Image
from pyarrow import parquet

from tests import images

Position = tuple[float, float]
# By precision of the batch: Sydney, Lyon, Reykjavik.
POSITIONS: dict[str, Position] = {
    "open": (-33.856784, 151.215297), "region": (45.764043, 4.835659), "hidden": (64.146582, -21.942635)
}  # fmt: skip
NAME, SERIAL = "Zebulon Quartermain", "SN7741QX93"
# What a file is called names somebody else, so that its supplier's own pages may say it.
FILE_NAME, FILE_SERIAL = "Ottoline Brackenridge", "SN5518WV02"
# What region and hidden hold back: the city, the cell (0.2 degrees) and its neighbours; whatever tells the country.
WITHHELD = {
    "city of a region": [b"lyon"],
    "cell of a region": [rb"45\.[6789][,;\]\s\"<][^\n]{0,20}?4\.[789]"],
    "country of a hidden place": [b"reykjav", b'"is"', b'#is"', b"country=is"],
}


def planted(precision: str, seed: int) -> bytes:
    """A photo taken at the position of `precision`: a JPEG where open, a PNG where region, a WebP where hidden."""
    make = {"open": jpeg, "region": png, "hidden": webp}[precision]
    return make(seed, POSITIONS[precision])


def jpeg(seed: int, where: Position) -> bytes:
    """EXIF with a maker's note, XMP, IPTC and a comment."""
    data = images.photo(seed, (640, 480))
    for marker, payload in (
        (0xFE, f"by {NAME}, camera {SERIAL}, {where}".encode()),
        (0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0" + _sized(b"\x1c\x02\x50" + _short(NAME.encode()))),
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(where)),
        (0xE1, exif(where)),
    ):
        data = images.with_segment(data, marker, payload)
    return data


def png(seed: int, where: Position) -> bytes:
    """Text plain, compressed and international, XMP and EXIF."""
    said = f"{NAME} {SERIAL} {where}".encode()
    chunks = [
        images.chunk(b"tEXt", b"Author\0" + said),
        images.chunk(b"zTXt", b"Comment\0\0" + zlib.compress(said)),
        images.chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp(where)),
        images.chunk(b"eXIf", exif(where).removeprefix(b"Exif\0\0")),
    ]
    data = images.photo(seed, (640, 480), "PNG")
    return data[:33] + b"".join(chunks) + data[33:]


def webp(seed: int, where: Position) -> bytes:
    """EXIF and XMP."""
    return images.photo(seed, (640, 480), "WEBP", exif=exif(where), xmp=xmp(where))


def exif(where: Position) -> bytes:
    """Position, artist, copyright, owner, serial numbers of body and lens, a maker's note."""
    block = Image.Exif()
    block.load(images.exif_block(gps=where, note=f"{NAME} {SERIAL} {where}".encode()))
    block[0x013B] = block[0x8298] = NAME
    camera = block.get_ifd(0x8769)
    camera[0xA430], camera[0xA431], camera[0xA435] = NAME, SERIAL, SERIAL
    return block.tobytes()


def xmp(where: Position) -> bytes:
    """The same in XMP."""
    latitude, longitude = where
    return (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc:creator>{NAME}</dc:creator><aux:SerialNumber>{SERIAL}'
        f"</aux:SerialNumber><exif:GPSLatitude>{latitude}</exif:GPSLatitude><exif:GPSLongitude>{longitude}"
        "</exif:GPSLongitude></x:xmpmeta>"
    ).encode()


def filename(where: Position, ending: str = "jpg") -> str:
    """A file name that tells all."""
    return f"{FILE_NAME} {FILE_SERIAL}.{ending}"


def _short(data: bytes) -> bytes:
    return struct.pack(">H", len(data)) + data


def _sized(data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + data + bytes(len(data) % 2)


# --- the search -----------------------------------------------------------------------------------------------------


def exactly(degrees: float) -> list[bytes]:
    """What matches a coordinate finer than a cell: decimals, degrees and minutes, the rationals of EXIF."""
    size = abs(degrees)
    decimals = {f"{size:.{n}f}" for n in (3, 4)} | {f"{int(size * 10**n) / 10**n:.{n}f}" for n in (3, 4)}
    whole, minutes, seconds = int(size), int(size * 60 % 60), int(size * 3600 % 60)
    return [
        *(re.escape(one).encode() for one in decimals),
        # With three decimals a comma may as well stand between thousands, or between two ids.
        *(one.replace(".", ",").encode() for one in decimals if len(one.partition(".")[2]) > 3),
        rb"%d(?:/1|\.0+)?\W{1,4}%02d(?:/1|\.0+)?\W{1,4}%02d" % (whole, minutes, seconds),
        *(re.escape(struct.pack(f"{order}4I", whole, 1, minutes, 1)) for order in "<>"),
    ]


def words(text: str) -> list[bytes]:
    """What matches each word, in UTF-8 and in UTF-16."""
    codes = ("utf-8", "utf-16-le", "utf-16-be")
    return [re.escape(one.lower().encode(code)) for one in text.split() for code in codes]


def compiled(patterns: dict[str, list[bytes]]) -> dict[str, list[re.Pattern[bytes]]]:
    """One expression each, without flags: those that begin with plain letters are found fastest."""
    return {name: [re.compile(one) for one in some] for name, some in patterns.items()}


OF_PHOTOS = compiled(
    {f"position ({name})": [*exactly(where[0]), *exactly(where[1])] for name, where in POSITIONS.items()}
    | {"name": words(NAME), "serial number": words(SERIAL)}
    | WITHHELD
)
OF_FILE_NAMES = compiled({"name in a file name": words(FILE_NAME), "serial in a file name": words(FILE_SERIAL)})
EVERYTHING = OF_PHOTOS | OF_FILE_NAMES


def found(data: bytes, patterns: dict[str, list[re.Pattern[bytes]]] = EVERYTHING) -> set[str]:
    """What of the planted is in some bytes, or in what is packed in them."""
    parts = [part.lower() for part in opened(data)]
    return {name for name, some in patterns.items() if any(one.search(part) for one in some for part in parts)}


def opened(data: bytes) -> Iterator[bytes]:
    """The bytes, and those of everything packed in them."""
    yield data
    for part in _packed(data):
        yield from opened(part)


def _packed(data: bytes) -> Iterator[bytes]:
    if data.startswith(b"PK\x03\x04"):
        with ZipFile(io.BytesIO(data)) as archive:
            yield from (one.encode() for one in archive.namelist())
            yield from (archive.read(one) for one in archive.namelist())
    elif data.startswith(b"\x1f\x8b"):
        yield gzip.decompress(data)
    elif data[257:262] == b"ustar":
        with tarfile.open(fileobj=io.BytesIO(data)) as archive:
            yield from (archive.extractfile(one).read() for one in archive.getmembers() if one.isfile())
    elif data.startswith(b"PAR1"):
        table = parquet.read_table(io.BytesIO(data))
        yield repr(table.drop_columns(["image"]).to_pylist()).encode()
        yield from (row["image"]["bytes"] for row in table.select(["image"]).to_pylist())
    elif data.startswith(b"\x89PNG"):
        yield from _texts(data)


def _texts(data: bytes) -> Iterator[bytes]:
    """The compressed texts of a PNG; the others lie open."""
    at = 8
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        if kind == b"zTXt":
            yield zlib.decompress(data[at + 8 : at + 8 + length].split(b"\0", 1)[1][1:])
        at += length + 12
