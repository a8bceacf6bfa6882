"""The zip itself: its length known before, the same bytes by any way, read by others, never corrupt."""

import hashlib
import io
import os
import shutil
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.workers.archives import making
from workers.archives import FORMATS, Damaged, Entry, Layout, copying, records
from workers.archives.spool import made

ROOT = Path(__file__).parents[3]
BUILD = """
import hashlib, sys
from pathlib import Path
from tests.workers.archives import making
for format in sys.argv[2:]:
    root = Path(sys.argv[1]) / format
    root.mkdir()
    print(hashlib.sha256(making.version(root, tombstones={3}).zip(format).read_bytes()).hexdigest())
"""


@pytest.fixture
def version(tmp_path):
    return making.version(tmp_path, 30)


def written(layout: Layout, path: Path) -> bytes:
    with path.open("wb", buffering=0) as file:
        layout.write(file)
    return path.read_bytes()


def packed(folder: Path, files: dict[str, bytes]) -> Layout:
    return Layout([made(folder, name, data) for name, data in files.items()], making.Folder(folder))


def test_the_length_is_known_before_the_first_byte(version):
    layout = version.layout()
    assert layout.size == len(written(layout, version.root / "zip"))


@pytest.mark.parametrize("format", FORMATS)
def test_a_stream_is_the_same_bytes_as_a_file(version, format):
    assert b"".join(version.layout(format).chunks()) == version.zip(format).read_bytes()


def test_a_source_without_local_files_gives_the_same_bytes(version):
    bucket = making.Bucket(version.root / "store")
    assert version.zip(source=bucket).read_bytes() == version.zip().read_bytes()
    assert b"".join(version.layout(source=bucket).chunks()) == version.zip().read_bytes()


def test_other_processes_hash_seeds_languages_and_hours_give_the_same_bytes(tmp_path):
    told = set()
    for number, zone in enumerate(("UTC", "Asia/Kathmandu")):
        home = tmp_path / str(number)
        home.mkdir()
        surroundings = {"PYTHONHASHSEED": str(number), "TZ": zone, "LC_ALL": ("C", "C.UTF-8")[number], "PATH": ""}
        program = [sys.executable, "-c", BUILD, str(home), *FORMATS]
        done = subprocess.run(program, env=surroundings, cwd=ROOT, capture_output=True, text=True, check=True)
        told.add(done.stdout)
    assert len(told) == 1


def test_every_entry_is_stored_sorted_and_without_a_date_or_a_mode_of_its_own(version):
    with zipfile.ZipFile(version.zip()) as archive:
        entries = archive.infolist()
    assert [entry.filename for entry in entries] == sorted(entry.filename for entry in entries)
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} == {0o100644}
    assert not any(entry.flag_bits & 8 for entry in entries)


@pytest.mark.parametrize("command", [["unzip", "-tqq"], ["7z", "t", "-bd"], [sys.executable, "-m", "zipfile", "-t"]])
def test_others_find_nothing_wrong_with_it(version, command):
    if not shutil.which(command[0]):
        pytest.skip(f"{command[0]} is not installed here")
    done = subprocess.run([*command, str(version.zip())], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "warning" not in (done.stdout + done.stderr).lower()


@given(
    st.dictionaries(st.text("abé/🦆", min_size=1).map(lambda name: f"a{name}z"), st.binary(max_size=300), max_size=20),
    st.sampled_from([1, 40, 0xFFFFFFFF]),
    st.sampled_from([3, 0xFFFF]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_files_come_back_whatever_the_limits_are(tmp_path_factory, files, large, many):
    """With the limits of 4 GiB and 65,535 entries brought down, Zip64 begins at once."""
    folder = tmp_path_factory.mktemp("any")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "LARGE", large)
        patch.setattr(records, "MANY", many)
        layout = Layout([flat(folder, name, data) for name, data in files.items()], making.Folder(folder))
        data = b"".join(layout.chunks())
    assert len(data) == layout.size
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == files


def flat(folder: Path, name: str, data: bytes) -> Entry:
    """An entry whose scratch file has a name of its own, whatever the entry's is."""
    entry = made(folder, hashlib.sha256(name.encode()).hexdigest(), data)
    return Entry(name, entry.size, entry.crc32, entry.sha256, entry.body)


def test_more_than_65535_entries_need_zip64_and_get_it(tmp_path):
    picture = making.Folder(tmp_path).put(b"x")
    entries = [Entry(f"{number:06}", 1, picture.crc32, picture.sha256, picture) for number in range(65_535)]
    layout = Layout(entries, making.Folder(tmp_path))
    data = b"".join(layout.chunks())
    assert len(data) == layout.size
    assert b"PK\x06\x06" in data[-98:]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert len(archive.namelist()) == 65_535


def test_fewer_entries_stay_without_zip64(version):
    assert b"PK\x06\x06" not in version.zip().read_bytes()


@pytest.mark.slow
def test_a_file_above_four_gigabytes_is_read_by_others(tmp_path):
    sparse = tmp_path / "sparse"
    size = (4 << 30) + 5
    with sparse.open("wb") as file:
        file.truncate(size)
    crc32, mebibyte = zlib.crc32(bytes(5)), bytes(1 << 20)
    for _ in range(4096):
        crc32 = zlib.crc32(mebibyte, crc32)
    layout = Layout(
        [Entry("a-large.bin", size, crc32, "", sparse), made(tmp_path, "behind.txt", b"behind")],
        making.Folder(tmp_path),
    )
    with (tmp_path / "zip").open("wb", buffering=0) as file:
        layout.write(file)
    assert (tmp_path / "zip").stat().st_size == layout.size
    with zipfile.ZipFile(tmp_path / "zip") as archive:
        assert archive.testzip() is None
        assert archive.getinfo("behind.txt").header_offset > 4 << 30


@pytest.mark.parametrize("change", [b"longer", b"short"])
@pytest.mark.parametrize("large", [0, 400_000])
def test_a_picture_of_another_size_than_its_row_says_is_told_by_name(tmp_path, change, large):
    store = making.Folder(tmp_path)
    picture = store.put(b"normal"[:5] + bytes(large) + b"!")
    store.path(picture.sha256, "jpg").write_bytes(change + bytes(large) + b"!" * (change == b"longer"))
    layout = Layout([Entry("train/it.jpg", picture.size, picture.crc32, picture.sha256, picture)], store)
    with pytest.raises(Damaged, match=r"train/it\.jpg"):
        written(layout, tmp_path / "zip")
    with pytest.raises(Damaged, match=r"train/it\.jpg"):
        list(layout.chunks())


def test_a_picture_whose_bytes_came_wrong_is_not_streamed_to_its_end(tmp_path):
    picture = making.Folder(tmp_path).put(b"normal")
    (tmp_path / picture.sha256).write_bytes(b"wrong!")
    entries = [Entry("train/it.jpg", picture.size, picture.crc32, picture.sha256, picture)]
    layout = Layout(entries, making.Bucket(tmp_path))
    with pytest.raises(Damaged, match=r"train/it\.jpg"):
        list(layout.chunks())


def test_a_picture_that_is_gone_is_told_by_name(version):
    layout = version.layout()
    Path(making.Folder(version.root / "store").path(version.rows[0][1].sha256, "jpg")).unlink()
    with pytest.raises(Damaged, match="is not in the store"):
        written(layout, version.root / "zip")


@pytest.mark.parametrize("means", [0, 1, 2])
def test_a_kernel_that_will_not_copy_is_helped(tmp_path, monkeypatch, means):
    def unwilling(*_):
        raise OSError(18, "Invalid cross-device link")

    ways = [unwilling] * means + list(copying.MEANS)[means:]
    monkeypatch.setattr(copying, "MEANS", ways)
    data = os.urandom(3_000_000)
    layout = packed(tmp_path, {"large": data, "small": b"small"})
    with zipfile.ZipFile(io.BytesIO(written(layout, tmp_path / "zip"))) as archive:
        assert archive.read("large") == data
        assert archive.testzip() is None


def test_progress_ends_at_the_size(version):
    layout, told = version.layout(), []
    with (version.root / "zip").open("wb", buffering=0) as file:
        layout.write(file, told.append)
    assert told == sorted(told)
    assert told[-1] == layout.size


def test_two_files_of_one_name_are_refused(tmp_path):
    twice = made(tmp_path, "twice", b"")
    with pytest.raises(ValueError, match="twice"):
        Layout([twice, twice], making.Folder(tmp_path))
