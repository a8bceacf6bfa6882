"""What the hub writes to its log, where machines read it."""

import json
import os
import subprocess
import sys

FAILING = """
import logging
import django, structlog
django.setup()
try:
    1 / 0
except ZeroDivisionError:
    logging.getLogger("django.request").exception("Internal Server Error: /labels/")
    structlog.get_logger("hub.web").exception("away", path="/labels/")
logging.getLogger("hub.web").warning("nothing failed")
"""


def test_a_line_of_json_holds_the_whole_traceback():
    environment = os.environ | {"HUB_LOG": "json", "DJANGO_SETTINGS_MODULE": "hub.settings"}
    done = subprocess.run([sys.executable, "-c", FAILING], env=environment, capture_output=True, text=True, check=True)
    django, own, calm = (json.loads(line) for line in done.stderr.splitlines())
    for line in (django, own):
        assert line["exception"].startswith("Traceback (most recent call last):")
        assert line["exception"].endswith("ZeroDivisionError: division by zero")
    assert (django["event"], own["path"]) == ("Internal Server Error: /labels/", "/labels/")
    assert calm.keys() == {"event", "level", "logger", "timestamp"}
