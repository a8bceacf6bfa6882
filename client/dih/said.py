"""What a command tells: lines for people or JSON for scripts on stdout, progress on stderr."""

import json
import sys
from typing import Any

from tqdm import tqdm

from dih.failures import Failure


class Said:
    """Where a command's words go."""

    def __init__(self, as_json: bool = False) -> None:
        self.as_json = as_json

    def line(self, text: str) -> None:
        """A line for people."""
        if not self.as_json:
            print(plain(text), flush=True)

    def result(self, found: Any) -> None:
        """What came of it, for scripts."""
        if self.as_json:
            print(json.dumps(found, ensure_ascii=False), flush=True)

    def failed(self, failure: Failure) -> int:
        """Why it ended; the exit code."""
        self.result(failure.as_json())
        if not self.as_json:
            print(plain(f"dih: {failure.title} {failure.detail} ({failure.code})"), file=sys.stderr)
        return failure.exit

    def bar(self, total: int | None, what: str, *, bytes: bool = True, done: int = 0) -> tqdm:
        """A progress bar, silent where nobody watches."""
        scale = {"unit": "B", "unit_scale": True, "unit_divisor": 1024} if bytes else {"unit": ""}
        quiet = self.as_json or not sys.stderr.isatty()
        return tqdm(total=total, initial=done, desc=what, file=sys.stderr, disable=quiet, leave=False, **scale)


def plain(text: str) -> str:
    """Text that cannot steer a terminal."""
    return "".join(c if c.isprintable() else "�" for c in text)
