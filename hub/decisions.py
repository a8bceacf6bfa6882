"""The audit log: one line for each decision a person takes about what is not theirs."""

from typing import Any

from hub.models import Account, Decision


def log(actor: Account, kind: str, subject: str, reason: str = "", **detail: Any) -> Decision:
    """Write a decision down, in the transaction that carries it out. `subject` is such as "image:<sha256>"."""
    return Decision.objects.create(actor=actor, kind=kind, subject=subject[:120], reason=reason, detail=detail)
