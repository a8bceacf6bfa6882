"""Small words for templates: pictures, places, reasons, bars."""

from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from hub import places, reasons, shelf, wishes
from hub.models import Account, Image, Submission, TrainingRequest
from hub.operations import pauses
from hub.people import suppliers

register = template.Library()


@register.filter
def tint(value: int) -> str:
    """A stored colour as CSS hex."""
    return f"#{value:06x}"


@register.filter
def rendition(image: Image, side: int) -> str:
    """Where the rendition of an image of this size is."""
    return image.rendition_url(side)


# Not a template of its own: pages have sixty, and a template takes several times as long.
SHOT = (
    '<li class="shot"><a href="{page}">'
    '<svg viewBox="0 0 {width} {height}" preserveAspectRatio="none" aria-hidden="true">'
    '<rect width="100%" height="100%" fill="{tint}"/></svg>'
    '<img src="{small}" srcset="{small} 1x, {large} 2x" '
    'width="{width}" height="{height}" alt="{alt}" loading="{loading}" decoding="async">{drawn}</a></li>'
)
DRAWN = SafeString('<span class="drawn">drawn</span>')


@register.simple_tag
def shot(image: Image, alt: str, loading: str = "lazy") -> str:
    """The picture of an image as a tile that leads to its page."""
    return format_html(
        SHOT,
        page=image.get_absolute_url(),
        width=image.width,
        height=image.height,
        tint=tint(image.tint),
        small=image.rendition_url(224),
        large=image.rendition_url(299),
        alt=alt,
        loading=loading,
        drawn=DRAWN if image.drawn else "",
    )


@register.filter
def place(thing: Any) -> str:
    """Where an image or batch was taken, as exactly as its supplier allows."""
    return places.shown(thing)


@register.filter
def why(submission: Submission | None) -> str:
    """The reason of a decided submission, in words."""
    return reasons.words(submission.reason, submission.detail) if submission and submission.reason else ""


@register.filter
def what_next(submission: Submission | None) -> str:
    """What its supplier can do about it, in words."""
    return reasons.advice(submission.reason) if submission and submission.reason else ""


@register.filter
def who(account: Account) -> str:
    """What the world calls an account: "anonymous" once it has left or is suspended."""
    return suppliers.name(account)


@register.filter
def named(account: Account) -> bool:
    """Whether a supplier goes by its name, and has a page under it."""
    return suppliers.shown(account)


@register.filter
def share(part: int | None, whole: int | None) -> float:
    """Percent of the whole, 0 to 100, for the width of a bar."""
    return round(100 * (part or 0) / whole, 2) if whole else 0


@register.filter
def get(mapping: dict, key: Any) -> Any:
    """What a dict holds under a key that is a variable."""
    return mapping.get(key)


@register.filter
def said(thing: Any) -> str:
    """What went wrong, in words: of anything with a code or reason, and its detail."""
    return reasons.words(getattr(thing, "code", "") or thing.reason, thing.detail)


@register.filter
def advised(thing: Any) -> str:
    """What to do about it, in words."""
    return reasons.advice(getattr(thing, "code", "") or thing.reason, thing.detail)


@register.filter
def reason(thing: Any) -> str:
    """The reason of something that keeps no detail, in words."""
    return reasons.words(thing.reason)


@register.filter
def in_words(code: str, detail: dict[str, Any]) -> str:
    """What happened, of a bare code."""
    return reasons.words(code, detail)


@register.filter
def remedy(code: str, detail: dict[str, Any]) -> str:
    """What to do about it, of a bare code."""
    return reasons.advice(code, detail)


@register.filter
def percent(part: float) -> str:
    """A share of one in per cent, with a decimal where it is small."""
    return f"{100 * part:.1f}" if part < 0.1 else f"{100 * part:.0f}"


@register.filter
def figure(part: float | None) -> str:
    """An accuracy as people read it: "86 %", never rounded up to all or down to nothing."""
    if part is None:
        return "–"
    close = 1e-9 < part < 0.01 or 0.99 < part < 1 - 1e-9
    return f"{min(99.9, max(0.1, 100 * part)):.1f} %" if close else f"{100 * part:.0f} %"


@register.filter
def gap(difference: float) -> str:
    """A difference of two probabilities."""
    return f"{difference:.0e}" if 0 < difference < 0.001 else f"{difference:.3f}"


@register.filter
def lasting(seconds: int) -> str:
    """About how long something takes."""
    return shelf.about(seconds)


@register.filter
def backbone(name: str) -> str:
    """What people call a network."""
    return wishes.BACKBONES[name][0]


@register.filter
def method(name: str) -> str:
    """How it learnt, in words."""
    return str(TrainingRequest.Method(name).label)


# What whom it concerns is told of a pause, above the operators' note.
PAUSED = {
    "giving": "Giving photos is paused: nothing is taken for now.",
    "ingest": "Checking is paused: your photos are safe and wait.",
    "export": "Freezing and packing are paused: what is ordered waits, and is done once they go on.",
    "training": "Training is paused: what is asked for waits, and begins once it goes on.",
    "predict": "Trying models is paused for now.",
    "mail": "Mail is paused: it waits, and leaves once it goes on. The bell tells all the same.",
}


@register.inclusion_tag("partials/paused.html")
def paused(what: str) -> dict[str, Any]:
    """A note that something is paused, where it is."""
    return {"pause": pauses.of(what), "said": PAUSED[what]}


@register.filter
def is_paused(what: str) -> bool:
    """Whether operators have paused it."""
    return pauses.of(what) is not None
