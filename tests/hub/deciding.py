"""Who comes by, and what an address answers each of them: the words in which decisions about addresses are written."""

from typing import NamedTuple

from django.contrib.auth.models import Permission

from hub.models import Account
from tests import factories

# The owner is the supplier whose house it is; another supplies photos, too; staff may enter the admin, no more. An
# operator is tried where a decision names one: everywhere else it is staff.
ROLES = ("owner", "supplier", "free", "premium", "moderator", "staff", "stranger")


class Decision(NamedTuple):
    """A method, and the status with which each role is answered."""

    method: str
    statuses: dict[str, int]


def get(*answers: int, **roles: int) -> Decision:
    """A decision about GET, said as `statuses` takes it."""
    return Decision("get", statuses(*answers, **roles))


def post(*answers: int, **roles: int) -> Decision:
    """A decision about POST, said as `statuses` takes it."""
    return Decision("post", statuses(*answers, **roles))


def statuses(owner: int, others: int | None = None, stranger: int | None = None, **roles: int) -> dict[str, int]:
    """Each role's answer: `others` get the owner's, a stranger theirs, where nothing else is said."""
    assert set(roles) < {*ROLES, "operator"}
    rest = owner if others is None else others
    told = dict.fromkeys(ROLES, rest) | {"owner": owner, "stranger": rest if stranger is None else stranger}
    return told | roles


def people(owner: Account) -> dict[str, Account | None]:
    """Who plays each role: new accounts but for the owner; nobody is the stranger."""
    accounts = {
        "owner": owner,
        "supplier": factories.account(),
        "free": factories.account(),
        "premium": factories.account(plan="premium"),
        "moderator": factories.account(),
        "staff": factories.account(is_staff=True),
    }
    factories.batch(accounts["supplier"])
    accounts["moderator"].user_permissions.add(Permission.objects.get(codename="moderate"))
    return accounts | {"stranger": None}
