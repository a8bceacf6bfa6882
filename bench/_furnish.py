"""A full hub for a load to ask: rows, the pictures its pages show, and suppliers who are logged in."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

from bench import _pictures
from bench._fill import fill

SUPPLIERS = 60
# The filler makes the renditions of 224: pages show covers of 299 and an image of 1024 as well.
SIDES = """
INSERT INTO hub_rendition (image_id, side, extension, sha256, size, crc32, width, height)
    SELECT id, side, 'jpg', encode(sha256((side || 'of' || id)::bytea), 'hex'), 30000, id, side, side * 3 / 4
    FROM hub_image, unnest(ARRAY[299, 1024]) AS side
    ON CONFLICT DO NOTHING
"""


def furnish(images: int) -> tuple[list[dict[str, str]], list[str]]:
    """Fill the hub; the headers of so many suppliers' sessions, and the slugs of its fifty largest labels."""
    from django.db import connection

    from bench.pages import SIZED

    fill(images)
    with connection.cursor() as cursor:
        cursor.execute(SIDES)
        cursor.execute(SIZED)
        labels = [slug for slug, _ in cursor.fetchall()[:50]]
    store_renditions()
    people = [session(number) for number in range(SUPPLIERS)]
    connection.close()
    return people, labels


def store_renditions() -> None:
    """Give every rendition that is shown its file: a few real ones under all their names."""
    from hub import storage
    from hub.models import Rendition
    from workers.imaging import process
    from workers.ingest import limits

    made = [process(_pictures.picture(99, number), limits()).renditions for number in range(16)]
    shown = Rendition.objects.filter(side__in=(224, 299, 1024)).values_list("id", "side", "sha256")
    for pk, side, sha256 in shown.iterator():
        source = made[pk % len(made)][side]
        first, name = storage.rendition_key(source.sha256), storage.rendition_key(sha256)
        here, there = (Path(storage.local_path("renditions", key) or "") for key in (first, name))
        if not here.exists():
            storage.put("renditions", first, source.data)
        there.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.link(here, there)


def session(number: int) -> dict[str, str]:
    """What the browser of a trusted supplier sends along, once logged in."""
    from django.test import Client
    from django.utils import timezone

    from hub.models import Account

    account = Account.objects.create(username=f"giver{number}", password="!", trusted_at=timezone.now())
    browser = Client()
    browser.force_login(account, backend="django.contrib.auth.backends.ModelBackend")
    token = hashlib.sha256(account.username.encode()).hexdigest()[:32]
    cookie = f"sessionid={browser.cookies['sessionid'].value}; csrftoken={token}"
    return {"Cookie": cookie, "X-CSRFToken": token, "Accept": "application/json"}
