"""What people may type, and how it is checked."""

from django import forms
from django.conf import settings

from hub.models import Account, Label, LabelProposal
from hub.models.submission import Licence, Precision


class BatchForm(forms.Form):
    """One act of giving; the file is for browsers without JavaScript."""

    label = forms.SlugField(max_length=120, label="What do the photos show?")
    licence = forms.ChoiceField(choices=Licence, initial=Licence.CC_BY)
    precision = forms.ChoiceField(choices=Precision, initial=Precision.OPEN, label="How exactly may it be shown?")
    place_text = forms.CharField(max_length=120, required=False, label="Where were they taken?")
    use_photo_place = forms.BooleanField(required=False, label="Use the place stored in each photo")
    file = forms.FileField(required=False, allow_empty_file=True, label="One photo")

    def clean_label(self) -> Label:
        try:
            return Label.objects.get(slug=self.cleaned_data["label"])
        except Label.DoesNotExist:
            raise forms.ValidationError("There is no such label. Choose one, or propose it.", "unknown_label") from None


class ProposalForm(forms.ModelForm):
    """A label somebody misses."""

    parent = forms.ModelChoiceField(Label.objects, to_field_name="slug", required=False, widget=forms.TextInput)

    class Meta:
        model = LabelProposal
        fields = ("name", "parent", "why")


class AccountForm(forms.ModelForm):
    """What a supplier decides about their name."""

    class Meta:
        model = Account
        fields = ("credit",)


def limits() -> dict[str, int]:
    """What a file may be, for pages that say so."""
    return {
        "files": settings.MAX_BATCH_FILES,
        "mb": settings.MAX_FILE_BYTES // 1024 // 1024,
        "mpx": settings.MAX_PIXELS // 1_000_000,
        "min_side": settings.MIN_SIDE,
        "max_side": settings.MAX_SIDE,
    }
