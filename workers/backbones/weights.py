"""Pretrained weights: found in a folder and proven by their hash, or fetched before any task runs. Never random."""

import hashlib
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .spec import BACKBONES, Backbone, Published
from .types import Failure

if TYPE_CHECKING:
    import keras

TIMEOUT = 30.0  # seconds without a byte until a download is given up
CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Weights:
    """A file of weights that is what it says it is."""

    path: Path
    sha256: str


def locate(backbone: str, folder: Path, accepted: Mapping[str, str] | None = None) -> Weights:
    """The backbone's weights in `folder`, its file proven.

    The file's MD5 must be the one Keras publishes, or its SHA-256 the one `accepted` gives for its name: an operator's
    own weights. Raises Failure `weights_missing` or `weights_damaged` (`backbone`, `file`).
    """
    published = _published(backbone)
    path = Path(folder) / published.file
    if not path.is_file():
        raise Failure("weights_missing", backbone=backbone, file=published.file)
    md5, sha256 = _digests(path)
    if md5 != published.md5 and sha256 != (accepted or {}).get(published.file):
        raise Failure("weights_damaged", backbone=backbone, file=published.file)
    return Weights(path, sha256)


def fetch(backbone: str, folder: Path) -> Weights:
    """Download the published weights into `folder` unless they are there, and prove them. Not for tasks: it may take
    minutes. Raises Failure `weights_unreachable` (`backbone`, `url`), and what `locate` raises."""
    import keras

    published = _published(backbone)
    Path(folder).mkdir(parents=True, exist_ok=True)
    try:
        with _patience(TIMEOUT):
            keras.utils.get_file(
                published.file, published.url, file_hash=published.md5, cache_dir=str(folder), cache_subdir="."
            )
    except ValueError as error:
        raise Failure("weights_damaged", backbone=backbone, file=published.file) from error
    except Exception as error:  # Keras raises plain Exception for every failing of the net
        raise Failure("weights_unreachable", backbone=backbone, url=published.url) from error
    return locate(backbone, folder)


def load(base: "keras.Model", backbone: Backbone, weights: Weights | None) -> None:
    """Put the weights into the network. Raises Failure `weights_missing`, `weights_damaged` where they do not fit."""
    if backbone.published is None:
        return
    if weights is None:
        raise Failure("weights_missing", backbone=backbone.name, file=backbone.published.file)
    try:
        base.load_weights(weights.path)
    except (OSError, ValueError, KeyError) as error:
        raise Failure("weights_damaged", backbone=backbone.name, file=backbone.published.file) from error


def _published(backbone: str) -> Published:
    published = BACKBONES[backbone].published
    if published is None:
        raise ValueError(f"{backbone} has no pretrained weights")
    return published


def _digests(path: Path) -> tuple[str, str]:
    """MD5 (what Keras publishes) and SHA-256 (what features are keyed by) of a file."""
    md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            md5.update(chunk)
            sha256.update(chunk)
    return md5.hexdigest(), sha256.hexdigest()


@contextmanager
def _patience(seconds: float) -> Iterator[None]:
    """Let sockets give up after so long: Keras' download has no timeout of its own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
