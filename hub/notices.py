"""What accounts are told, by the bell and by mail: a row in the transaction of its cause, sent once by a worker."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models.functions import Now
from django.template.loader import render_to_string

from hub import jobs
from hub.models import Account, Job, Notice


def tell(account: Account, kind: str, key: str, about: dict[str, Any]) -> Job | None:
    """Leave a notice in the transaction of what it tells of; the job to ring for, None where no mail is to leave.

    `key` names the outcome, such as "batch:12": it is told once, whoever asks again.
    """
    notice, new = Notice.objects.get_or_create(account=account, kind=kind, key=key, defaults={"about": about})
    if not new or not account.email or kind in account.muted or account.gone_at:
        return None
    return jobs.open_job(Job.Kind.MAIL, notice.pk)


def send(work: jobs.Work) -> None:
    """Send a notice and finish its job: the row is settled before the mail leaves, and both are undone if it cannot."""
    with transaction.atomic():
        notice = Notice.objects.select_for_update().select_related("account").filter(pk=work.subject).first()
        jobs.finish(work)
        if notice and notice.mailed_at is None:
            Notice.objects.filter(pk=notice.pk).update(mailed_at=Now())
            mail(notice).send()


def mail(notice: Notice) -> EmailMultiAlternatives:
    """The mail of a notice, as text and as HTML; the first line of the text is its subject."""
    context = {"account": notice.account, "origin": settings.ORIGIN, **notice.about}
    subject, text = render_to_string(f"mail/{notice.kind}.txt", context).strip().split("\n", 1)
    message = EmailMultiAlternatives(f"Deep Images Hub: {subject}", text.strip(), to=[notice.account.email])
    message.attach_alternative(render_to_string(f"mail/{notice.kind}.html", context), "text/html")
    return message
