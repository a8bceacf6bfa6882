"""What pages and the API do about refusals that more photos would mend."""

from collections.abc import Iterator
from contextlib import contextmanager

from hub.demand import shortfalls
from hub.models import Account, DatasetVersion
from hub.problems import Refused
from hub.selections import Selection
from workers.celery import ring


@contextmanager
def noted(account: Account, asked: Selection | DatasetVersion) -> Iterator[None]:
    """Around what may be refused for want of photos, outside its transaction: what it lacks is wanted from then on."""
    try:
        yield
    except Refused as refused:
        ring(*shortfalls.note(refused.code, account, asked))
        raise
