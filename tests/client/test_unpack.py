"""Unpacking writes below its folder, and nowhere else."""

import io
import stat
import zipfile

import pytest
from dih import sums
from dih.failures import Failure
from dih.said import Said
from dih.unpack import unpack


def packed(tmp_path, *entries, mode=0o100644, compression=zipfile.ZIP_STORED):
    """A zip with entries of these names."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name in entries:
            entry = zipfile.ZipInfo("x" if "\\" in name else name)
            entry.filename = name
            entry.external_attr = mode << 16
            entry.compress_type = compression
            archive.writestr(entry, b"data")
    path = tmp_path / "a.zip"
    path.write_bytes(buffer.getvalue())
    return path


def refused(path, folder) -> str:
    with pytest.raises(Failure) as failure:
        unpack(path, folder, Said(True))
    return failure.value.code


@pytest.mark.parametrize(
    "name", ["../x", "/etc/x", "a/../../x", "a/./x", "C:/x", "a\\..\\x", "a//x", "a/", "a\nb", ".."]
)
def test_a_name_that_leads_elsewhere_is_refused_before_anything_is_written(name, tmp_path):
    assert refused(packed(tmp_path, "fine.txt", name), tmp_path / "out") == "unsafe_name"
    assert not (tmp_path / "out").exists()


def test_links_are_refused(tmp_path):
    assert refused(packed(tmp_path, "a", mode=stat.S_IFLNK | 0o777), tmp_path / "out") == "unsafe_entry"


def test_packed_bytes_are_refused_for_they_may_swell(tmp_path):
    path = packed(tmp_path, "a", compression=zipfile.ZIP_DEFLATED)
    assert refused(path, tmp_path / "out") == "unsafe_entry"


def test_names_that_some_file_systems_take_for_one_are_refused(tmp_path):
    assert refused(packed(tmp_path, "a.jpg", "A.jpg"), tmp_path / "out") == "unsafe_entry"


def test_a_link_that_lies_there_already_is_not_followed(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "train").symlink_to(tmp_path / "elsewhere")
    assert refused(packed(tmp_path, "train/a.jpg"), tmp_path / "out") == "unsafe_name"
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_file_that_is_no_zip_is_said_to_be_damaged(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"nothing")
    assert refused(tmp_path / "a.zip", tmp_path / "out") == "damaged"


def test_ordinary_names_are_unpacked(tmp_path):
    unpack(packed(tmp_path, "a.txt", "train/höhe/😀.jpg"), tmp_path / "out", Said(True))
    assert (tmp_path / "out" / "train" / "höhe" / "😀.jpg").read_bytes() == b"data"
    assert not list((tmp_path / "out").rglob(".dih-*"))


def test_sums_are_read_as_sha256sum_writes_them(tmp_path):
    digest = "0" * 64
    assert sums.read(f"{digest}  a b\n{digest} *c\n") == {"a b": digest, "c": digest}
    assert sums.read(sums.write({"a b": digest})) == {"a b": digest}
