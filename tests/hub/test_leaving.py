"""Deleting an account: no row holds the name any more, and what others rely on stays."""

import json

import pytest
from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from hub import audit, counts, labels, storage, submissions, tokens
from hub.models import (
    Account,
    Archive,
    Batch,
    Claim,
    Dataset,
    Download,
    IdempotencyKey,
    Image,
    Job,
    LabelProposal,
    Notice,
    Report,
    Shortfall,
    Submission,
    Subscription,
    TrainedModel,
    TrainingRequest,
    Wanted,
    Watch,
)
from hub.moderation import decisions
from hub.people import consent, leaving, notices
from hub.problems import Refused
from hub.trained import forget
from tests import factories, images, shelves, trained
from tests.hub.conftest import logged_in
from tests.hub.test_counts import assert_counts_equal_a_recount, n
from tests.stock import placed, stock, verified

pytestmark = pytest.mark.django_db
NAMES = ("lovelace", "countess")
PASSWORD = "secret-enough"


@pytest.fixture
def ada(db) -> Account:
    """Somebody whose name is found wherever it stands."""
    return factories.account(
        username="ada_lovelace", email="ada@lovelace.example", credit="Countess Ada", first_name="Countess"
    )


def held(*names: str) -> list[str]:
    """The columns of the database in which one of these words stands, as table.column."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND (data_type IN ('text', 'character varying', 'jsonb', 'json', 'ARRAY', 'name', 'character'))"
        )
        columns = cursor.fetchall()
        return [f"{table}.{column}" for table, column in columns if _stands(cursor, table, column, names)]


def _stands(cursor, table: str, column: str, names: tuple[str, ...]) -> bool:
    cursor.execute(f'SELECT EXISTS (SELECT FROM "{table}" WHERE "{column}"::text ~* %s)', ["|".join(names)])
    return cursor.fetchone()[0]


def sessions_of(account: Account) -> list[Session]:
    return [one for one in Session.objects.all() if one.get_decoded().get("_auth_user_id") == str(account.pk)]


def clean() -> bool:
    return not [finding for finding in audit.run() if finding.count]


def live_everything(ada: Account) -> None:
    """Leave traces wherever an account can."""
    valve = factories.label()
    batch = factories.batch(ada, valve, place_text="Porto")
    factories.checked(images.photo(seed=1), batch, filename="lovelace-1.jpg")
    factories.checked(images.photo(seed=2), batch, filename="lovelace-2.jpg")
    factories.checked(b"no picture", batch, filename="lovelace.txt")
    factories.given(images.photo(seed=3), batch, filename="lovelace-3.jpg")
    Submission.objects.filter(image__isnull=False).update(appeal="I am Lovelace")
    other = stock(valve, 1)[0]
    other.annotations.create(label=valve, account=ada, verdict="yes")
    EmailAddress.objects.create(user=ada, email=ada.email, verified=True, primary=True)
    tokens.make(ada, "lovelace's laptop", ["read"])
    IdempotencyKey.objects.create(account=ada, key="1", request_sha256="0" * 64, body={"credit": "Countess Ada"})
    Watch.objects.create(account=ada, label=valve, note="for Lovelace")
    Subscription.objects.create(account=ada, label=valve)
    Shortfall.objects.create(account=ada, label=valve, source="training", wanted=20)
    LabelProposal.objects.create(proposer=ada, name="Stopcock", why="Lovelace needs it")
    LabelProposal.objects.create(proposer=ada, name="Spigot", why="Lovelace has one", state="declined")
    Download.objects.create(account=ada, digest="ab" * 32)
    job = notices.tell(ada, "batch_done", "batch:1", {"name": "Countess"})
    Job.objects.filter(pk=job.pk).update(error="550 ada@lovelace.example unknown")
    Dataset.objects.create(owner=ada, name="Lovelace's plans", selection={"labels": [valve.pk]})
    kind = ContentType.objects.get_for_model(Account)
    LogEntry.objects.create(user=ada, content_type=kind, object_id=str(ada.pk), object_repr=str(ada), action_flag=2)
    decisions.log(factories.account(), "trusted", decisions.person(ada))
    decisions.log(ada, "cleared", "submission:1")


@pytest.mark.parametrize("withdraw", [True, False], ids=["photos go", "photos stay"])
def test_no_row_holds_the_name_or_the_address_of_who_left(ada, withdraw):
    live_everything(ada)
    client = Client()
    client.post("/accounts/login/", {"login": "ada_lovelace", "password": PASSWORD})
    assert {"hub_account.username", "hub_image.credit", "hub_submission.filename"} < set(held(*NAMES))
    assert sessions_of(ada)
    leaving.leave(ada, withdraw=withdraw)
    assert held(*NAMES) == []
    assert sessions_of(ada) == []
    assert_counts_equal_a_recount()
    factories.work_off()
    assert clean()
    assert held(*NAMES) == []


def test_what_is_left_is_a_nameless_shell(ada):
    ada.is_staff = ada.is_superuser = True
    ada.suspended_at, ada.suspended_for = ada.trusted_at, "spam"
    ada.save()
    leaving.leave(ada, withdraw=True)
    shell = Account.objects.get(pk=ada.pk)
    assert shell.username.startswith("gone-")
    assert (shell.email, shell.credit, shell.first_name, shell.is_active) == ("", "", "", False)
    assert not any((shell.is_staff, shell.is_superuser, shell.has_usable_password(), shell.is_premium))
    assert shell.gone_at


def test_photos_that_go_are_withdrawn_and_those_that_stay_are_by_anonymous(ada):
    valve = factories.label()
    bo = factories.account()
    leaving_photos = stock(valve, 60, ada, place=placed("PT", "porto"))
    staying = stock(valve, 2, bo, place=placed("DE", "berlin"))
    leaving.leave(ada, withdraw=True)
    assert n(valve) == 2
    gone = Image.objects.filter(pk__in=[one.pk for one in leaving_photos])
    assert not gone.filter(withdrawn_at=None).exists()
    assert not gone.exclude(place=None).exists()
    leaving.leave(bo, withdraw=False)
    assert set(Image.objects.filter(pk__in=[one.pk for one in staying]).values_list("credit", "withdrawn_at")) == {
        ("anonymous", None)
    }
    assert Image.objects.get(pk=staying[0].pk).place.country_code == "DE"
    assert set(Batch.objects.values_list("credit", "agreement")) == {
        ("anonymous", consent.sentence("CC-BY-4.0", "anonymous"))
    }
    assert n(valve) == 2
    assert_counts_equal_a_recount()
    assert clean()


def test_a_batch_from_before_sentences_were_kept_agrees_to_none_afterwards(ada):
    batch = stock(factories.label(), 1, ada)[0].batch
    Batch.objects.filter(pk=batch.pk).update(agreement="")
    leaving.leave(ada, withdraw=False)
    batch.refresh_from_db()
    assert (batch.credit, batch.agreement) == ("anonymous", "")


def test_files_that_wait_are_not_let_in_after_their_supplier_has_left(ada):
    row = factories.given(images.photo(seed=1), factories.batch(ada))
    work = submissions.jobs.claim(Job.objects.get(kind="ingest").pk)
    leaving.leave(ada, withdraw=False)
    assert not Submission.objects.filter(pk=row.pk).exists()
    with pytest.raises(submissions.jobs.Superseded):
        submissions.reject(work, "empty")
    assert not Image.objects.exists()
    assert not Batch.objects.exists()


@pytest.mark.parametrize("withdraw", [True, False])
def test_what_was_under_way_when_they_left_is_not_kept(ada, withdraw):
    given, empty = factories.checked(images.photo(seed=1), factories.batch(ada)), factories.batch(ada)
    under, file = given.label, images.photo(seed=2)
    leaving.leave(Account.objects.get(pk=ada.pk), withdraw=withdraw)
    late = [
        lambda: factories.batch(ada, under),
        lambda: factories.given(file, empty),
        lambda: factories.given(file, given.batch),
        lambda: factories.given(images.photo(seed=1), given.batch, given.filename),
        lambda: submissions.open_slot(given.batch, "lovelace.jpg", 10),
    ]
    for act in late:
        with pytest.raises(Refused, match="login_needed"):
            act()
    assert held(*NAMES) == []
    assert not Submission.objects.filter(image=None).exists()


def test_verdicts_stay_and_count_without_a_name(ada):
    valve = factories.label()
    shot = stock(valve, 1)[0]
    verified(valve, shot, yes=1)
    shot.annotations.create(label=valve, account=ada, verdict="yes")
    with counts.recounting([shot.pk]):
        pass
    assert Claim.objects.get(image=shot, label=valve).state == "verified"
    leaving.leave(ada, withdraw=True)
    assert Claim.objects.get(image=shot, label=valve).state == "verified"
    assert clean()


def test_private_datasets_go_and_public_ones_stay_as_by_anonymous(ada, client):
    private = shelves.frozen(ada)
    public = shelves.named(ada, public=True)
    leaving.leave(ada, withdraw=False)
    assert not Dataset.objects.filter(pk=private.dataset_id).exists()
    page = client.get(public.get_absolute_url()).content.decode()
    assert "By anonymous" in page
    assert "gone-" not in page
    assert "by anonymous" in client.get("/datasets/").content.decode()


def test_a_model_stays_with_whoever_else_has_it(ada):
    bo = factories.account()
    shared, mine = trained.model(shelves.frozen(bo)), trained.model(shelves.frozen(ada))
    for model, person in ((mine, ada), (shared, ada), (shared, bo)):
        trained.asked(model, person)
        model.acquisitions.create(account=person)
    leaving.leave(ada, withdraw=False)
    assert list(TrainingRequest.objects.values_list("owner", flat=True)) == [bo.pk]
    forget()
    assert shared in TrainedModel.objects.all()
    assert shared.acquisitions.get().account == bo


def test_frozen_manifests_keep_the_credit_they_froze():
    version = shelves.frozen()
    ada = version.members.order_by("image").first().image.supplier
    before = storage.get("artifacts", storage.key(version.digest, ".jsonl"))
    leaving.leave(ada, withdraw=False)
    manifest = storage.get("artifacts", storage.key(version.digest, ".jsonl"))
    assert manifest == before
    assert storage.digest_of(manifest) == version.digest
    assert json.loads(manifest.splitlines()[1])["credit"] == ada.credit_line
    assert clean()


def test_wishes_of_who_left_are_wanted_no_more(ada):
    valve = factories.label()
    Watch.objects.create(account=ada, label=valve)
    assert Wanted.objects.exists()
    leaving.leave(ada, withdraw=False)
    assert not Wanted.objects.exists()


def test_what_somebody_reported_is_looked_at_after_they_left(ada):
    first, second = stock(factories.label(), 2)
    Report.objects.create(image=first, account=ada, reason="private")
    Report.objects.create(image=second, account=ada, reason="private")
    Report.objects.create(image=second, account=None, reason="private")
    leaving.leave(ada, withdraw=False)
    assert list(Report.objects.order_by("image").values_list("image", "account")) == [
        (first.pk, None),
        (second.pk, None),
    ]


@pytest.mark.parametrize("decide", [labels.accept, labels.decline])
def test_a_label_is_not_decided_that_left_with_who_proposed_it(ada, decide):
    asked = labels.propose(ada, "Zeppelin")
    leaving.leave(ada, withdraw=False)
    with pytest.raises(Refused, match="gone"):
        decide(asked, factories.moderator())


def test_nobody_who_left_is_told_of_an_archive(ada):
    archive = shelves.packed(shelves.frozen(public=True))
    Archive.objects.filter(pk=archive.pk).update(waiting=[ada.pk, 7])
    leaving.leave(ada, withdraw=False)
    assert Archive.objects.get(pk=archive.pk).waiting == [7]


def test_a_mail_confirms_it_and_no_other_follows(ada, mailoutbox):
    notices.tell(ada, Notice.Kind.BATCH_DONE, "batch:1", {})
    leaving.leave(ada, withdraw=False)
    factories.work_off()
    (mail,) = mailoutbox
    assert mail.to == ["ada@lovelace.example"]
    assert "account is deleted" in mail.subject
    assert "ada_lovelace" in mail.body
    assert "ada_lovelace" in mail.alternatives[0][0]


def test_an_account_goes_even_where_no_mail_leaves(ada, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    leaving.leave(ada, withdraw=False)
    assert Account.objects.get(pk=ada.pk).gone_at


def test_the_page_asks_for_the_password_and_what_becomes_of_the_photos(browser, supplier):
    shot = stock(factories.label(), 1, supplier)[0]
    page = browser.get("/account/delete/").content.decode()
    assert "your 1 photo?" in page
    for form in ({"password": "wrong", "photos": "withdraw"}, {"password": PASSWORD}, {"photos": "withdraw"}):
        assert browser.post("/account/delete/", form).status_code == 422
    assert Account.objects.get(pk=supplier.pk).gone_at is None
    answer = browser.post("/account/delete/", {"password": PASSWORD, "photos": "leave"})
    assert "Your account is deleted" in answer.content.decode()
    assert browser.get("/mine/").status_code == 302
    shot.refresh_from_db()
    assert (shot.credit, shot.withdrawn_at) == ("anonymous", None)


def test_the_page_says_that_what_was_frozen_keeps_its_credit_line():
    version = shelves.frozen()
    ada = version.members.first().image.supplier
    page = logged_in(ada).get("/account/delete/").content.decode()
    assert "keeps the credit line it froze" in page
    assert "in 1 dataset." in page


def test_guessing_the_password_of_an_open_session_is_throttled(browser, supplier):
    form = {"password": "wrong", "photos": "withdraw"}
    pages = [browser.post("/account/delete/", form).content.decode() for _ in range(12)]
    assert "Too many tries" in pages[-1]
    assert "Too many tries" in browser.post("/account/delete/", {**form, "password": PASSWORD}).content.decode()
    assert Account.objects.get(pk=supplier.pk).gone_at is None


def test_who_asks_twice_leaves_once(ada, mailoutbox):
    leaving.leave(ada, withdraw=True)
    name = Account.objects.get(pk=ada.pk).username
    leaving.leave(ada, withdraw=True)
    assert Account.objects.get(pk=ada.pk).username == name
    assert len(mailoutbox) == 1


def test_a_token_of_who_left_opens_nothing(ada):
    secret = tokens.make(ada, "laptop", ["give"])[1]
    leaving.leave(ada, withdraw=False)
    assert tokens.find(secret) is None


def test_leaving_that_broke_off_goes_on_from_there(ada, monkeypatch):
    valve = factories.label()
    stock(valve, 3, ada)
    monkeypatch.setattr(leaving, "STEP", 2)
    steps = leaving._withdraw_in_steps(ada)
    next(steps, None)
    assert Account.objects.get(pk=ada.pk).gone_at is None
    leaving.leave(ada, withdraw=True)
    assert n(valve) == 0
    assert clean()
