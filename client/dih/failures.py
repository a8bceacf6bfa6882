"""What can go wrong, and the exit code a script sees."""

from typing import Any

OK, DIFFERENT, USAGE, NOT_FOUND, AWAY, REFUSED, STOPPED = 0, 1, 2, 3, 4, 5, 130


class Failure(Exception):  # noqa: N818  it is an answer
    """Something that ends a command, in words; `code` is the hub's, or one of ours."""

    def __init__(self, exit: int, code: str, title: str, detail: str = "", status: int = 0) -> None:
        super().__init__(title)
        self.exit, self.code, self.title, self.detail, self.status = exit, code, title, detail, status

    def as_json(self) -> dict[str, Any]:
        """The same, as the hub says its problems."""
        told = {"code": self.code, "title": self.title, "detail": self.detail, "exit": self.exit}
        return told | ({"status": self.status} if self.status else {})
