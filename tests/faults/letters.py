"""A mail server on loopback that keeps what it is sent, and can go away and come back on its port."""

from email import message_from_bytes
from email.message import Message

from aiosmtpd.controller import Controller

from tests.faults import waiting


class Letters:
    """Takes mails while it is open; `came` has all that came."""

    def __init__(self) -> None:
        self.port = waiting.port()
        self.came: list[Message] = []
        self.controller: Controller | None = None
        self.open()

    async def handle_DATA(self, server, session, envelope) -> str:
        self.came.append(message_from_bytes(envelope.content))
        return "250 Taken"

    def open(self) -> None:
        """Answer on the port."""
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def close(self) -> None:
        """Refuse connections."""
        if self.controller:
            self.controller.stop()
            self.controller = None

    def ids(self) -> list[str]:
        """The Message-IDs of what came, in order."""
        return [letter["Message-ID"] for letter in self.came]
