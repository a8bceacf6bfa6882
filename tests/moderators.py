"""Moderators of the crowd (tests.crowd): each decides at random about whatever waits."""

from random import Random
from typing import Any

from django.db.models import Model, QuerySet

from hub.models import Account, Claim, Doubt, Image, Label, Submission
from hub.moderation import appeals, doubts, moderating, settling, standing
from hub.reviewing import disputes, gold

WHY = ("private", "illegal", "not_theirs")


class Moderator:
    """Somebody who may moderate, with the labels there are."""

    account: Account
    chance: Random
    labels: list[Label]

    def any(self, rows: QuerySet[Model]):
        """One of the rows, whichever."""
        return rows.order_by("?").first()

    def label(self) -> Label:
        return self.chance.choice(self.labels)

    def live(self, **which) -> Image | None:
        return self.any(Image.objects.filter(withdrawn_at=None, **which))

    def moderate(self) -> None:
        self.chance.choice([self._decide_file, self._decide_photo, self._decide_claim, self._decide_person])()

    def _decide_file(self) -> None:
        """What waits for a look: a new account's photo, a near-duplicate, a conflict, an appeal."""
        if row := self.any(appeals.waiting()) if self.chance.random() < 0.3 else None:
            appeals.decide(row, self.account, grant=self.chance.random() < 0.5)
        elif row := self.any(Submission.objects.filter(state="review")):
            if row.reason == "conflicting_label":
                settling.settle(row, self.account, self.chance.choice(["first", "second", "both"]))
            elif row.reason == "near_duplicate":
                self.chance.choice([settling.keep, settling.drop])(row, self.account)
            else:
                bad = {row.pk: "private"} if self.chance.random() < 0.2 else {}
                moderating.decide_held([row.pk], bad, self.account)

    def _decide_photo(self) -> None:
        image = self.live(reports__state="open") or self.live(flags__len__gt=0)
        if image and self.chance.random() < 0.3:
            moderating.take_down(image, self.account, self.chance.choice(WHY))
        elif image:
            self.chance.choice([moderating.keep_photo, moderating.find_fine])(image, self.account)

    def _decide_claim(self) -> None:
        right = self.chance.random() < 0.5
        if doubt := self.any(Doubt.objects.filter(state="open")) if right else None:
            doubts.decide(doubt, self.account, right=self.chance.random() < 0.5)
        elif claim := self.any(Claim.objects.select_related("image", "label")):
            instead = self.chance.choice([None, None, self.label()])
            disputes.decide(claim.image, claim.label, self.account, right=right, instead=None if right else instead)

    def _decide_person(self) -> None:
        act: Any = self.chance.choice([standing.trust, standing.suspend, standing.lift, gold.set_aside, gold.lift])
        row = self.any(Account.objects.filter(gone_at=None))
        more = {"reason": "spam"} if act is standing.suspend else {}
        act(row, self.account, **more)
