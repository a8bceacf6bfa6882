"""The web server: waitress, told how much it takes from its clients. `python -m hub.serve --listen=… --threads=8`"""

import os
import sys

from waitress.runner import run

OPTIONS = [
    # It reads a whole request before it takes a thread, so a slow client costs a connection: let there be many. Its own
    # limit of 100 lets a hundred idle ones shut the door. Beyond 1,024 files only poll can wait for them.
    "--connection-limit=2000",
    "--asyncore-use-poll",
    "--channel-timeout=60",
    "--max-request-header-size=32768",
    # Who it is and which version is nobody's business.
    "--ident=",
]


def largest_body() -> int:
    """Bytes of a body that are read at all: more than the hub takes, so that it refuses a large file in words."""
    from django.conf import settings

    return 2 * settings.MAX_FILE_BYTES


def main(arguments: list[str]) -> None:
    """Serve the site with more of waitress' options until the process is stopped."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hub.settings")
    options = [*OPTIONS, f"--max-request-body-size={largest_body()}"]
    run(["hub.serve", *options, *arguments, "hub.wsgi:application"])


if __name__ == "__main__":
    main(sys.argv[1:])
