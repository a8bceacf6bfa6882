"""The papers that are tables: who is to be named, and which labels there are."""

from . import licences
from .layout import Entry
from .plan import Plan
from .spool import Table
from .types import Member

ATTRIBUTION = ("file", "image_id", "split", "label", "licence", "licence_url", "credit", "sha256")


class Attribution:
    """ATTRIBUTION.csv in the making."""

    def __init__(self, plan: Plan):
        self.plan, self.table = plan, Table(plan.work, "ATTRIBUTION.csv", ATTRIBUTION)

    def add(self, member: Member, place: str) -> None:
        """Name the author of one picture, which lies at `place`."""
        row = member.row
        licence = row["licence"]
        told = (licence, licences.KNOWN[licence].url, row["credit"], row["sha256"])
        self.table.add(place, row["id"], row["split"], self.plan.folders[member.label], *told)

    def entry(self) -> Entry:
        """The finished table."""
        return self.table.entry()


def labels(plan: Plan) -> Entry:
    """labels.csv: the classes in the order of their numbers."""
    table = Table(plan.work, "labels.csv", ("index", "id", "folder", "slug", "name", "mid"))
    for index, label in enumerate(plan.header["labels"]):
        cells = (label["slug"], label["name"], label.get("mid") or "")
        table.add(index, label["id"], plan.folders[label["id"]], *cells)
    return table.entry()
