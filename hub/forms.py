"""What people may type, and how it is checked."""

from django import forms
from django.conf import settings
from django.db import models

from hub import labels, reasons
from hub.hierarchy import printable
from hub.models import Account, Label, LabelProposal, Token
from hub.models.submission import Licence, Precision


class LabelField(forms.CharField):
    """A label, by its slug or its name."""

    def __init__(self, **options) -> None:
        super().__init__(max_length=120, **options)

    def clean(self, value) -> Label | None:
        text = super().clean(value)
        found = labels.named(text)
        if text and found is None:
            raise forms.ValidationError("There is no such label. Choose one, or propose it.", "unknown_label")
        return found


class BatchForm(forms.Form):
    """One act of giving; the file is for browsers without JavaScript."""

    label = LabelField(label="What do the photos show?")
    licence = forms.ChoiceField(choices=Licence, initial=Licence.CC_BY)
    precision = forms.ChoiceField(choices=Precision, initial=Precision.OPEN, label="How exactly may it be shown?")
    place_text = forms.CharField(max_length=120, required=False, label="Where were they taken?")
    use_photo_place = forms.BooleanField(required=False, label="Use the place stored in each photo")
    file = forms.FileField(required=False, allow_empty_file=True, label="One photo")


class RelabelForm(forms.Form):
    """What a photo shows instead."""

    label = LabelField(label="What does it show?")


class LeavingForm(forms.Form):
    """A person deletes their account."""

    class Photos(models.TextChoices):
        WITHDRAW = "withdraw", "Take them all back"
        LEAVE = "leave", "Leave them, given by “anonymous”"

    photos = forms.ChoiceField(choices=Photos, widget=forms.RadioSelect, label="What becomes of your photos?")
    password = forms.CharField(widget=forms.PasswordInput, strip=False, label="Your password")

    def __init__(self, *arguments, account: Account, **options) -> None:
        super().__init__(*arguments, **options)
        self.account = account

    def clean_password(self) -> str:
        password = self.cleaned_data["password"]
        if not self.account.check_password(password):
            raise forms.ValidationError("That is not your password.", "wrong_password")
        return password


class ProposalForm(forms.ModelForm):
    """A label somebody misses."""

    parent = LabelField(label="What is it a kind of?", required=False)

    class Meta:
        model = LabelProposal
        fields = ("name", "parent", "why")


class AccountForm(forms.ModelForm):
    """What a supplier decides about their name."""

    class Meta:
        model = Account
        fields = ("credit",)

    def clean_credit(self) -> str:
        """One line that shows as it is; it stands in tables others open, and spreadsheets compute what begins so."""
        credit = printable(self.cleaned_data["credit"])
        if credit.startswith(("=", "+", "-", "@")):
            raise forms.ValidationError("Begin with a letter or a number.", "formula")
        return credit


class DatasetForm(forms.Form):
    """What a dataset is called."""

    name = forms.CharField(
        max_length=100, error_messages=dict.fromkeys(("required", "max_length"), reasons.words("dataset_name"))
    )
    description = forms.CharField(max_length=1000, required=False, widget=forms.Textarea)
    public = forms.BooleanField(required=False)


class WatchForm(forms.Form):
    """How many photos somebody wishes for, and what for."""

    wanted = forms.IntegerField(
        min_value=1, max_value=settings.WATCH_MOST, required=False, label="How many distinct photos?"
    )
    note = forms.CharField(
        max_length=200,
        required=False,
        label="What for, and how should they be?",
        help_text="Shown on the board with your name, so that people know what to take.",
    )


class TokenForm(forms.Form):
    """A key for scripts."""

    name = forms.CharField(max_length=60, label="What is it for?", help_text="Such as “laptop” or “nightly sync”.")
    scopes = forms.MultipleChoiceField(
        choices=Token.Scope, widget=forms.CheckboxSelectMultiple, initial=Token.Scope.values, label="What may it do?"
    )


def limits() -> dict[str, int]:
    """What a file may be, for pages that say so."""
    return {
        "files": settings.MAX_BATCH_FILES,
        "mb": settings.MAX_FILE_BYTES // 1024 // 1024,
        "mpx": settings.MAX_PIXELS // 1_000_000,
        "min_side": settings.MIN_SIDE,
        "max_side": settings.MAX_SIDE,
    }
