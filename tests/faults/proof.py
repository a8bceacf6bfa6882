"""That nothing acknowledged was lost, that nothing is there twice, and that every rule of the hub holds."""

from collections import Counter
from collections.abc import Collection

from tests.faults.harness import Hub

FINAL = ("accepted", "duplicate", "rejected", "review", "withdrawn")


def prove(hub: Hub, *, failed: Collection[int] = (), twice_mailed: bool = False) -> None:
    """Fail unless all is well. `failed`: submissions that must have failed, and no others.

    `twice_mailed`: a worker was killed between a mail and its row, after which SMTP cannot but be asked again.
    """
    audited(hub)
    kept(hub, failed)
    once(hub, twice_mailed=twice_mailed)
    assert not hub.ledger.hurt, f"answered 500, or 503 without Retry-After: {Counter(hub.ledger.hurt)}"


def audited(hub: Hub) -> None:
    """`manage.py audit --deep` finds nothing; it reads every file from the store itself."""
    direct = {"S3_ENDPOINT_URL": hub.bucket.endpoint_url} if "S3_ENDPOINT_URL" in hub.environment else {}
    done = hub.manage("audit", "--deep", **direct)
    assert done.returncode == 0, done.stdout + done.stderr


def kept(hub: Hub, failed: Collection[int] = ()) -> None:
    """Every file the hub said it has is in a final state, under the digest it was given."""
    rows = {pk: (sha256, state) for pk, sha256, state in hub.rows("SELECT id, sha256, state FROM hub_submission")}
    for given in hub.ledger.given:
        wanted = ("failed",) if given.id in failed else FINAL
        sha256, state = rows.get(given.id, (None, None))
        assert sha256 == given.sha256, f"submission {given.id} of {given.supplier} is lost"
        assert state in wanted, f"submission {given.id}: {state}"


def once(hub: Hub, *, twice_mailed: bool = False) -> None:
    """No live picture is there twice, no outcome was told twice, no mail came twice."""
    twins = hub.rows("SELECT sha256 FROM hub_image WHERE withdrawn_at IS NULL GROUP BY sha256 HAVING count(*) > 1")
    told = hub.rows("SELECT account_id, kind, key FROM hub_notice GROUP BY 1, 2, 3 HAVING count(*) > 1")
    attempts = hub.rows("SELECT id FROM hub_job WHERE attempt > 3 AND kind <> 'mail'")
    assert not twins + told + attempts, (twins, told, attempts)
    again = [name for name, times in Counter(hub.letters.ids()).items() if times > 1]
    assert twice_mailed or not again, f"mails that came twice: {again}"
