"""Deleting an account: the person goes, and what others rely on stays without them."""

import secrets
from collections.abc import Iterator
from typing import Any

import structlog
from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.mail import send_mail
from django.db import connection, transaction
from django.db.models import CharField
from django.db.models.functions import Cast, Now
from django.template.loader import render_to_string
from django.utils import timezone

from hub import catalogue, counts, datasets
from hub.demand import wanted
from hub.models import (
    Account,
    Acquisition,
    Batch,
    Dataset,
    Download,
    GoldAnswer,
    IdempotencyKey,
    Image,
    Job,
    LabelProposal,
    Notice,
    Report,
    Submission,
    Token,
    TrainingRequest,
    Use,
)
from hub.models.submission import Licence
from hub.people import consent
from hub.people.suppliers import ANONYMOUS

log = structlog.get_logger("hub.people.leaving")
# Photos withdrawn at a time: each such step keeps everybody else waiting.
STEP = 50
PERSONAL = (Acquisition, Download, GoldAnswer, IdempotencyKey, Token, Use)


def leave(account: Account, *, withdraw: bool) -> list[Job]:
    """Delete an account: its photos go too, or stay as by "anonymous". A nameless shell keeps verdicts together.

    The jobs to ring for. Broken off half-way nothing is lost: whoever asks again goes on from there. A mail says that
    it is done, to an address the hub has forgotten by then.
    """
    address, name = account.email, account.username
    rung = list(_withdraw_in_steps(account)) if withdraw else []
    with transaction.atomic():
        consent.presence(account.pk)
        # A mail may be leaving: that is waited for before anybody else would have to wait for us.
        list(Notice.objects.select_for_update().filter(account=account).order_by("pk").values_list("pk"))
        counts.lock()
        if not Account.objects.select_for_update(no_key=True).filter(pk=account.pk, gone_at=None).exists():
            return rung  # asked twice at once
        rung += catalogue.withdraw_all(list(_live(account))) if withdraw else []
        _unname_what_was_given(account, withdraw)
        _forget_datasets(account)
        _forget_the_person(account)
        _empty(account)
    _say_goodbye(address, name)
    return rung


def _live(account: Account):
    return Image.objects.filter(supplier=account, withdrawn_at=None).order_by("id")


def _withdraw_in_steps(account: Account) -> Iterator[Job]:
    while images := list(_live(account)[:STEP]):
        yield from catalogue.withdraw_all(images)


def _unname_what_was_given(account: Account, withdraw: bool) -> None:
    """Credit lines, sentences agreed to, file names and appeals; files that never came in go altogether."""
    consent.take_back_waiting(batch__supplier=account)
    Submission.objects.filter(batch__supplier=account, image=None).delete()
    unnamed: dict[str, Any] = {"filename": Cast("pk", CharField()), "appeal": "", "appealed_at": None, "detail": {}}
    Submission.objects.filter(batch__supplier=account).update(**unnamed)
    Batch.objects.filter(supplier=account, accepted=0, images=None).delete()
    Batch.objects.filter(supplier=account).update(credit=ANONYMOUS)
    for licence in Licence:
        agreed = Batch.objects.filter(supplier=account, licence=licence).exclude(agreement="")
        agreed.update(agreement=consent.sentence(licence, ANONYMOUS))
    # Where somebody was, and when, goes with photos that are gone; those that stay may say it.
    gone: dict[str, Any] = {"place": None, "taken_on": None}
    Image.objects.filter(supplier=account).update(credit=ANONYMOUS)
    Image.objects.filter(supplier=account).exclude(withdrawn_at=None).update(**gone)
    if withdraw:
        Batch.objects.filter(supplier=account).update(place=None)


def _forget_datasets(account: Account) -> None:
    """Private datasets go, with their versions; public ones stay, for others may have cited them."""
    wishes = TrainingRequest.objects.filter(owner=account)
    _close_jobs(Job.Kind.TRAIN, wishes)
    wishes.delete()
    datasets.drop(Dataset.objects.filter(owner=account, public=False))


def _close_jobs(kind: str, rows) -> None:
    """Without its job a worker that is at one of the rows stops."""
    Job.objects.filter(kind=kind, subject__in=list(rows.values_list("pk", flat=True))).delete()


def _forget_the_person(account: Account) -> None:
    """Addresses, sessions, keys, wishes, what they were told: all that nobody else needs."""
    wanted.leave(account)
    _close_jobs(Job.Kind.MAIL, Notice.objects.filter(account=account))
    Notice.objects.filter(account=account).delete()
    for model in PERSONAL:
        model.objects.filter(account=account).delete()
    EmailAddress.objects.filter(user=account).delete()
    LabelProposal.objects.filter(proposer=account, state=LabelProposal.State.OPEN).delete()
    LabelProposal.objects.filter(proposer=account).update(why="")
    _report_as_strangers(account)
    kind = ContentType.objects.get_for_model(Account)
    LogEntry.objects.filter(content_type=kind, object_id=str(account.pk)).update(object_repr=ANONYMOUS)
    with connection.cursor() as cursor:
        untold = "UPDATE hub_archive SET waiting = array_remove(waiting, %(who)s) WHERE %(who)s = ANY (waiting)"
        cursor.execute(untold, {"who": account.pk})
    end_sessions(account)


def _report_as_strangers(account: Account) -> None:
    """What they reported is looked at all the same; a stranger's open report of the same kind says it already."""
    for report in Report.objects.filter(account=account):
        same = {"image": report.image_id, "reason": report.reason, "account": None, "state": Report.State.OPEN}
        if report.state == Report.State.OPEN and Report.objects.filter(**same).exists():
            report.delete()
        else:
            Report.objects.filter(pk=report.pk).update(account=None)


def end_sessions(account: Account) -> None:
    """Log the account out everywhere; the rows of its sessions hold how it logged in."""
    own = str(account.pk)
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get("_auth_user_id") == own:
            session.delete()


def _empty(account: Account) -> None:
    """Leave a shell: no name, no address, no password, no rights."""
    account.groups.clear()
    account.user_permissions.clear()
    Account.objects.filter(pk=account.pk).update(
        username=f"gone-{secrets.token_hex(8)}", email="", first_name="", last_name="", credit="",
        password=make_password(None), plan=Account.Plan.FREE, muted=[], last_login=None, date_joined=Now(),
        is_active=False, is_staff=False, is_superuser=False, trusted_at=None, suspended_at=None,
        suspended_for="", paused_at=None, gone_at=Now(),
    )  # fmt: skip


def _say_goodbye(address: str, name: str) -> None:
    """Confirm it by mail. Whether that leaves or not, the account is gone."""
    if not address:
        return
    about = {"name": name, "origin": settings.ORIGIN}
    subject, body = render_to_string("account/goodbye.txt", about).strip().split("\n", 1)
    page = render_to_string("account/goodbye.html", about)
    try:
        send_mail(f"Deep Images Hub: {subject}", body.strip(), None, [address], html_message=page)
    except OSError as error:  # smtplib's errors are such, too
        log.error("goodbye not sent", error=type(error).__name__)
