"""The place where services that know pictures by their hash (StopNCII, PhotoDNA, a list of the operator's) plug in."""

from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string

from hub.pictures import Picture

Matcher = Callable[[str, str, bytes | None], str]


def known(sha256: str, picture: Picture) -> str:
    """What a matcher of `settings.HASH_MATCHERS` says of a file: its own code for why, "" where none knows it.

    Each is a callable of (SHA-256 of the bytes, SHA-256 of the pixels, fingerprint of 32 bytes or None), named by a
    dotted path, asked in order by a worker for every file before it is admitted. One whose service is away raises
    `hub.storage.Away`: the file waits and is asked about again. Any other exception is our failure: it is retried,
    and never lets the file in unasked.
    """
    for path in settings.HASH_MATCHERS:
        matcher: Matcher = import_string(path)
        if code := matcher(sha256, picture.pixels_sha256, picture.fingerprint):
            return code
    return ""
