"""Quotas: what an account may use a day, and has used of it."""

from datetime import timedelta

from ninja import Router, Schema

from hub.api.access import Bearer, Request, account_of
from hub.operations import quotas

router = Router(auth=Bearer())


class QuotaOut(Schema):
    """One quota: how much is used today of how much there is. `words` says it to people."""

    name: str
    title: str
    used: int
    limit: int
    words: str


class QuotasOut(Schema):
    """All of them, and when they begin anew."""

    resets_at: str
    quotas: list[QuotaOut]


@router.get("/quotas", response=QuotasOut)
def own_quotas(request: Request):
    """What you may use a day, and have used today (UTC). Beyond it: 429 `quota_used_up`, with Retry-After."""
    found = [
        {name: getattr(one, name) for name in ("name", "title", "used", "limit", "words")}
        for one in quotas.of(account_of(request))
    ]
    return {"resets_at": (quotas.today() + timedelta(days=1)).isoformat(), "quotas": found}
