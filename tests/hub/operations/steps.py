"""What tests of backups do over and over: give a photo, run a command, look into storage."""

import io

from django.core.files.storage import storages
from django.core.management import call_command

from hub.models import Account, Image, Label
from tests import factories, images


def photo(seed: int, supplier: Account | None = None, label: str = "Valve") -> Image:
    """A photo in the catalogue."""
    under = Label.objects.filter(name=label).first() or factories.label(label)
    shot = factories.checked(images.photo(seed=seed, size=(160, 120)), factories.batch(supplier, under))
    assert shot.image, shot.reason
    return shot.image


def run(command: str, *words: object, **options: object) -> str:
    said = io.StringIO()
    call_command(command, *words, stdout=said, **options)
    return said.getvalue()


def stored(alias: str) -> set[str]:
    return {name for name, _ in storages[alias].walk()}
