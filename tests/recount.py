"""What is counted as it stands, and as the rows say when everything is counted anew."""

from django.db import connection

from hub import counts
from hub.models import Claim, Contribution, ImageLabel, LabelStat, Wanted

# What trigger keeps in columns, said from the rows: for each batch and state, for each label wanted, for credit.
BATCHES = "SELECT id, received, accepted, duplicate, rejected, review, failed, withdrawn FROM hub_batch"
FILES = """
SELECT b.id, """ + ", ".join(
    f"count(*) FILTER (WHERE s.state = '{state}')"
    for state in ("received", "accepted", "duplicate", "rejected", "review", "failed", "withdrawn")
) + " FROM hub_batch b LEFT JOIN hub_submission s ON s.batch_id = b.id GROUP BY 1"  # fmt: skip
WISHES = "SELECT label_id, people, wanted FROM hub_true_wanted"
MEMBERS = """
SELECT i.supplier_id, m.version_id, count(*) FROM hub_datasetmember m JOIN hub_image i ON i.id = m.image_id
JOIN hub_datasetversion v ON v.id = m.version_id AND v.state = 'ready' GROUP BY 1, 2
"""
SELECTABLE = "SELECT * FROM hub_selectable"


def asked(query: str) -> set:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {tuple(tuple(one) if isinstance(one, list) else one for one in row) for row in cursor.fetchall()}


def stored() -> dict[str, set]:
    """Every count as it stands."""
    return {
        "labels": set(LabelStat.objects.filter(n__gt=0).values_list("label", "facet", "value", "n")),
        "below zero": set(LabelStat.objects.filter(n__lt=0).values_list("label", "facet", "value", "n")),
        "claims": set(Claim.objects.values_list("image", "label", "yes", "no", "unsure", "state")),
        "placed": set(ImageLabel.objects.values_list("label", "image", "direct", "verified")),
        "selectable": asked(SELECTABLE),
        "batches": asked(BATCHES),
        "wanted": set(Wanted.objects.values_list("label", "people", "wanted")),
        "contributions": set(Contribution.objects.values_list("supplier", "version", "images")),
    }


def anew() -> dict[str, set]:
    """Every count made again from the rows."""
    counts.recount()
    return stored() | {"batches": asked(FILES), "wanted": asked(WISHES), "contributions": asked(MEMBERS)}


def differences() -> dict[str, set]:
    """Where what stood differs from what the rows say; nothing where all is right. It counts anew."""
    before, after = stored(), anew()
    return {name: before[name] ^ after[name] for name in before if before[name] != after[name]}
