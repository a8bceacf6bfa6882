"""What accounts are told, by the bell and by mail: a row in the transaction of its cause, sent once by a worker."""

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.template.loader import render_to_string
from django.urls import reverse

from hub import jobs
from hub.models import Account, Job, Notice

Kind = Notice.Kind
SALT = "hub.notice.stop"
# Decisions about a person reach the person.
ALWAYS = (Kind.MODERATED,)
# The bell says no more than "99+".
COUNTED = 100


def tell(account: Account, kind: str, key: str, about: dict[str, Any], *, mail: bool = True) -> Job | None:
    """Leave a notice in the transaction of what it tells of; the job to ring for, None where no mail is to leave.

    `key` names the outcome, such as "batch:12": it is told once, whoever asks again. `mail`: False for the bell alone.
    """
    notice, new = Notice.objects.get_or_create(account=account, kind=kind, key=key, defaults={"about": about})
    return jobs.open_job(Job.Kind.MAIL, notice.pk) if new and mail and _mailed(notice) else None


def _mailed(notice: Notice) -> bool:
    """Whether its account has an address, and wants mails of this kind."""
    account = notice.account
    return bool(account.email and not account.gone_at and notice.kind in wanted(account) and not _unconfirmed(account))


def _unconfirmed(account: Account) -> bool:
    """Whether its address may be somebody else's: whoever signed up with it has not opened the link sent there."""
    return account.emailaddress_set.filter(email__iexact=account.email, verified=False).exists()  # type: ignore[attr-defined]


def wanted(account: Account) -> list[str]:
    """The kinds an account gets mails of."""
    return [kind for kind in Kind.values if kind in ALWAYS or kind not in account.muted]


def kinds(account: Account) -> list[tuple[str, str, bool, bool]]:
    """Every kind: its code and name, whether the account gets mails of it, and whether it cannot but get them."""
    return [(kind.value, kind.label, kind in wanted(account), kind in ALWAYS) for kind in Kind]


def choose(account: Account, kinds: Iterable[str]) -> None:
    """Mails of these kinds and no others; the bell tells all the same."""
    account.muted = [kind for kind in Kind.values if kind not in {*kinds, *ALWAYS}]
    account.save(update_fields=["muted"])


def stop(account: Account, kind: str) -> None:
    """No more mails of this kind."""
    choose(account, set(wanted(account)) - {kind})


def stop_token(notice: Notice) -> str:
    """What stops, without a login and for ever, the mails of this kind to this account."""
    return signing.dumps([notice.account_id, notice.kind], salt=SALT, compress=False)


def by_token(token: str) -> tuple[Account, str] | None:
    """Whose mails of which kind a token stops; None where it is none of ours, or its account is gone."""
    try:
        pk, kind = signing.loads(token, salt=SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    account = Account.objects.filter(pk=pk, gone_at=None).first()
    return (account, kind) if account else None


def of(account: Account) -> QuerySet[Notice]:
    """What an account was told, the newest first."""
    return account.notices.order_by("-id")


def unseen(account: Account) -> int:
    """How many notices it has not seen; counted no further than COUNTED."""
    return account.notices.filter(seen_at=None)[:COUNTED].count()


def see(notices: QuerySet[Notice]) -> None:
    """Their account has seen them."""
    notices.filter(seen_at=None).update(seen_at=Now())


def line(notice: Notice) -> str:
    """What it says in a line: the subject of the mail, and the words of the bell."""
    return " ".join(render_to_string(f"notices/lines/{notice.kind}.txt", _known(notice)).split())


def path(notice: Notice) -> str:
    """Where it leads on this site."""
    if "path" in notice.about:
        return notice.about["path"]
    if notice.kind == Kind.LABELS_READY:
        return reverse("label", args=[notice.about["labels"][0]["slug"]])
    if notice.kind == Kind.LABEL_WANTED:
        return f"{reverse('give')}?label={notice.about['label']['slug']}"
    return reverse("mine")


def _known(notice: Notice) -> dict[str, Any]:
    """What its templates know; details no cause gave are none."""
    return {"detail": {}, **notice.about, "account": notice.account, "kind": notice.get_kind_display()}


def send(work: jobs.Work) -> None:
    """Send a notice and finish its job: the row is settled before the mail leaves, and both are undone if it cannot."""
    with transaction.atomic():
        unsent = Notice.objects.select_for_update(of=("self",)).select_related("account").filter(mailed_at=None)
        notice = unsent.filter(pk=work.subject).first()
        jobs.finish(work)
        if notice and _mailed(notice):
            Notice.objects.filter(pk=notice.pk).update(mailed_at=Now())
            mail(notice).send()


def mail(notice: Notice) -> EmailMultiAlternatives:
    """The mail of a notice, as text and as HTML, with what mail programs need to stop its kind (RFC 8058)."""
    stopped = "" if notice.kind in ALWAYS else settings.ORIGIN + reverse("stop_mails", args=[stop_token(notice)])
    context = _known(notice) | {
        "line": line(notice),
        "origin": settings.ORIGIN,
        "link": settings.ORIGIN + path(notice),
        "stop": stopped,
    }
    message = EmailMultiAlternatives(
        f"Deep Images Hub: {context['line']}",
        re.sub(r"\n{3,}", "\n\n", render_to_string(f"mail/{notice.kind}.txt", context).strip() + "\n"),
        to=[notice.account.email],
        headers=_headers(notice, stopped),
    )
    message.attach_alternative(render_to_string(f"mail/{notice.kind}.html", context), "text/html")
    return message


def _headers(notice: Notice, stopped: str) -> dict[str, str]:
    """The same id for every attempt: should a mail leave twice because its worker died, programs show it once."""
    headers = {"Message-ID": f"<notice-{notice.pk}@{urlsplit(settings.ORIGIN).hostname}>"}
    headers["Auto-Submitted"] = "auto-generated"
    if stopped:
        headers |= {"List-Unsubscribe": f"<{stopped}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return headers
