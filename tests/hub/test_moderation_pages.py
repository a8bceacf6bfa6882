"""The pages and forms of moderation, as browsers and scripts meet them."""

import json

import pytest
from django.contrib.messages import get_messages
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import get_resolver

from hub import counts, tokens
from hub.models import Decision, Image, LabelProposal, Notice, Removal, Report, Submission
from hub.moderation import appeals, moderating, queues, standing
from hub.problems import Refused
from tests import factories, images
from tests.hub.conftest import logged_in
from tests.parts import empty_storage

pytestmark = pytest.mark.django_db
JSON = {"HTTP_ACCEPT": "application/json"}


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    empty_storage(settings, tmp_path)


@pytest.fixture
def mo(db):
    return factories.moderator(username="mo")


@pytest.fixture
def desk(mo) -> Client:
    """The moderator's browser."""
    return logged_in(mo)


@pytest.fixture
def photo(supplier) -> Image:
    return factories.checked(images.photo(seed=1), factories.batch(supplier)).image


def held(*seeds) -> list[Submission]:
    batch = factories.batch(factories.account(username="new", trusted_at=None))
    return [factories.checked(images.photo(seed=seed), batch, filename=f"{seed}.jpg") for seed in seeds]


def text(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("name", [*queues.QUEUES, "people", "log"])
def test_an_empty_queue_says_so_and_only_moderators_see_it(name, desk, browser):
    assert "<h1>Moderation</h1>" in text(desk, f"/moderation/{name}/")
    assert browser.get(f"/moderation/{name}/").status_code == 403
    assert Client().get(f"/moderation/{name}/").status_code == 302


def test_there_are_no_other_queues(desk):
    assert desk.get("/moderation/nothing/").status_code == 404


def test_the_overview_counts_what_waits(desk):
    held(1, 2)
    assert "<strong>2</strong> wait" in text(desk, "/moderation/")


def test_first_photos_are_let_in_but_for_the_marked(desk):
    good, bad = held(1, 2)
    assert good.preview in text(desk, "/moderation/new/")
    answer = desk.post(
        "/moderation/held/decide/", {"shown": f"{good.pk} {bad.pk} ", "bad": [bad.pk], "reason": "private"}
    )
    assert answer.headers["Location"] == "/moderation/new/"
    factories.work_off()
    assert dict(Submission.objects.values_list("pk", "state")) == {good.pk: "accepted", bad.pk: "rejected"}


def test_only_the_marked_are_refused_where_the_others_are_to_stay(desk):
    good, bad = held(1, 2)
    shown = {"shown": f"{good.pk} {bad.pk}", "bad": [bad.pk], "reason": "private", "only": "1"}
    desk.post("/moderation/held/decide/", shown)
    assert dict(Submission.objects.values_list("pk", "state")) == {good.pk: "review", bad.pk: "rejected"}


def test_what_somebody_else_decided_meanwhile_is_said(desk):
    first, second = held(1, 2)
    moderating.decide_held([first.pk], {}, factories.moderator())
    answer = desk.post("/moderation/held/decide/", {"shown": f"{first.pk} {second.pk}"})
    said = [str(message) for message in get_messages(answer.wsgi_request)]
    assert said == ["1 let in, 0 refused. 1 left: decided meanwhile, or your own."]


@pytest.mark.parametrize("shown", ["x", "99999999999999999999", " ".join(map(str, range(200)))])
def test_a_list_of_photos_that_is_none_is_refused(desk, shown):
    assert desk.post("/moderation/held/decide/", {"shown": shown}).status_code == 400


def test_a_stranger_reports_a_photo_without_logging_in(photo, desk):
    path = f"/images/{photo.sha256}/report/"
    assert path in text(Client(), photo.get_absolute_url())
    assert "What is wrong?" in text(Client(), path)
    answer = Client().post(path, {"reason": "private", "note": "My garden"})
    assert "Thank you" in answer.content.decode()
    assert Report.objects.values_list("reason", "note", "account").get() == ("private", "My garden", None)
    assert "My garden" in text(desk, "/moderation/reports/")


def test_a_report_needs_a_reason_of_the_list(photo):
    path = f"/images/{photo.sha256}/report/"
    assert Client().post(path, {"reason": "nothing"}).status_code == 422
    assert not Report.objects.exists()


def test_a_flood_of_reports_is_refused(photo, monkeypatch):
    monkeypatch.setattr("hub.moderation.reporting.MANY", 2)
    path = f"/images/{photo.sha256}/report/"
    assert [Client().post(path, {"reason": "other"}).status_code for _ in range(3)] == [200, 200, 429]


def test_a_wrong_label_is_doubted_where_we_know_who_says_so(photo):
    logged_in(factories.account()).post(f"/images/{photo.sha256}/report/", {"reason": "wrong_label"})
    assert photo.doubts.get().label == photo.batch.label


def test_a_reported_photo_stays_or_goes(photo, desk):
    Client().post(f"/images/{photo.sha256}/report/", {"reason": "private"})
    assert desk.post(f"/images/{photo.sha256}/keep/").headers["Location"] == "/moderation/reports/"
    assert Report.objects.get().state == "kept"
    assert desk.post(f"/images/{photo.sha256}/take-down/", {"reason": "private"}).status_code == 302
    assert Client().get(photo.get_absolute_url()).status_code == 410


def test_the_second_of_two_moderators_is_told_who_was_first(photo, desk):
    path = f"/images/{photo.sha256}/take-down/"
    desk.post(path, {"reason": "private"})
    answer = logged_in(factories.moderator()).post(path, {"reason": "illegal"}, **JSON)
    assert answer.status_code == 409
    said = json.loads(answer.content)
    assert (said["title"], said["detail"]) == ("mo decided this meanwhile.", "mo took the photo down.")


def test_a_script_is_told_what_was_done(photo, desk):
    answer = desk.post(f"/images/{photo.sha256}/take-down/", {"reason": "private"}, **JSON)
    assert answer.json() == {"said": "The photo was taken down."}


def test_a_flagged_photo_is_found_fine(photo, desk):
    counts.lock()
    with counts.recounting([photo.pk]):
        Image.objects.update(flags=["blurry"])
    assert "Possibly blurry" in text(desk, "/moderation/quality/")
    desk.post(f"/images/{photo.sha256}/fine/")
    assert "Nothing waits" in text(desk, "/moderation/quality/")


def test_its_supplier_appeals_and_a_moderator_sees_the_photo(photo, supplier, browser, desk, mo):
    moderating.take_down(photo, mo, "not_theirs")
    row = Submission.objects.get()
    path = f"/submissions/{row.pk}/appeal/"
    assert "Why is that wrong?" in text(browser, path)
    assert browser.post(path, {"text": " "}).status_code == 422
    assert browser.post(path, {"text": "I took it."}).headers["Location"] == "/mine/"
    assert browser.post(path, {"text": "Again."}).status_code == 409
    page = text(desk, "/moderation/appeals/")
    assert "I took it." in page
    assert f"/submissions/{row.pk}/preview.jpg" in page
    assert b"".join(desk.get(f"/submissions/{row.pk}/preview.jpg")).startswith(b"\xff\xd8")
    desk.post(f"/submissions/{row.pk}/appeal/decide/", {"answer": "grant"})
    factories.work_off()
    assert Client().get(photo.get_absolute_url()).status_code == 200


def test_nobody_else_appeals(photo, mo):
    moderating.take_down(photo, mo, "not_theirs")
    path = f"/submissions/{Submission.objects.get().pk}/appeal/"
    assert logged_in(factories.account()).post(path, {"text": "Mine."}).status_code == 404


def test_proposals_are_decided(desk):
    proposal = LabelProposal.objects.create(name="Tap", proposer=factories.account())
    assert "Tap" in text(desk, "/moderation/proposals/")
    desk.post(f"/proposals/{proposal.pk}/", {"accept": "1"})
    assert Decision.objects.get().kind == "accepted_label"


def test_people_are_found_trusted_and_suspended(desk):
    eve = factories.account(username="eve", email="eve@example.org", trusted_at=None)
    assert "eve" in text(desk, "/moderation/people/?q=EVE@example.org&state=new")
    for act in ("trust", "suspend"):
        desk.post(f"/moderation/people/{eve.pk}/", {"act": act, "reason": "spam"})
    assert "It was used for advertising." in text(desk, "/moderation/people/?state=suspended")
    desk.post(f"/moderation/people/{eve.pk}/", {"act": "lift"})
    eve.refresh_from_db()
    assert (eve.trusted_at is not None, eve.suspended_at) == (True, None)
    page = text(desk, "/moderation/log/?subject=account:eve")
    assert all(said in page for said in ("trusted the account", "suspended the account", "lifted the suspension"))
    assert "It was used for advertising." in page


def test_the_page_of_many_people_asks_no_more_than_that_of_one(desk, django_assert_num_queries):
    with CaptureQueriesContext(connection) as few:
        desk.get("/moderation/people/")
    for _ in range(5):
        factories.account()
    with django_assert_num_queries(len(few)):
        desk.get("/moderation/people/")


def test_the_log_pages(desk, mo, monkeypatch):
    monkeypatch.setattr("hub.views.moderation.LINES", 1)
    eve = factories.account()
    standing.suspend(eve, mo, "spam")
    standing.lift(eve, mo)
    assert "?before=" in text(desk, "/moderation/log/")


# --- what a suspended account may do --------------------------------------------------------------------------------


@pytest.fixture
def outcast(supplier, photo, mo) -> Client:
    standing.suspend(supplier, mo, "others_photos")
    return logged_in(supplier)


def test_a_suspended_account_looks_but_gives_nothing(outcast, photo):
    assert outcast.get("/mine/").status_code == 200
    answer = outcast.post("/give/", {}, **JSON)
    assert answer.status_code == 403
    said = answer.json()
    assert (said["code"], said["title"]) == (
        "suspended",
        "This account is suspended. It gave photos that were not its own.",
    )


def test_it_may_take_its_photo_back_and_log_out(outcast, photo):
    assert outcast.post(f"/images/{photo.sha256}/withdraw/").status_code == 302
    assert outcast.post("/accounts/logout/").status_code == 302


def test_what_is_left_to_it_is_there():
    from hub.middleware import LEFT_TO_SUSPENDED

    assert all(name in get_resolver().reverse_dict for name in LEFT_TO_SUSPENDED)


def test_it_may_appeal(supplier, photo, mo):
    standing.suspend(supplier, mo, "others_photos", take_down_photos="not_theirs")
    row = Submission.objects.get()
    assert logged_in(supplier).post(f"/submissions/{row.pk}/appeal/", {"text": "They are mine."}).status_code == 302
    assert list(appeals.waiting()) == [row]


def test_its_tokens_only_read(supplier, mo):
    secret = tokens.make(supplier, "key", ["give", "read"])[1]
    standing.suspend(supplier, mo, "spam")
    auth = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    assert Client().get("/api/v1/labels", **auth).status_code == 200
    answer = Client().post("/api/v1/batches", "{}", content_type="application/json", **auth)
    assert (answer.status_code, answer.json()["code"]) == (403, "suspended")


# --- the same by staff, and by keys ---------------------------------------------------------------------------------


def test_staff_that_moderates_lifts_a_removal(photo, mo):
    moderating.take_down(photo, mo, "not_theirs")
    operator = factories.account(is_staff=True, is_superuser=True)
    removal = Removal.objects.get()
    asked = {"action": "lift", "_selected_action": [removal.pk]}
    assert logged_in(operator).post("/admin/hub/removal/", asked).status_code == 302
    removal.refresh_from_db()
    assert removal.lifted_at is not None
    assert Decision.objects.filter(actor=operator, kind="lifted_removal").count() == 1


@pytest.mark.parametrize("model", ["report", "removal", "decision"])
def test_staff_reads_what_moderators_write(model, photo, mo):
    moderating.take_down(photo, mo, "not_theirs")
    operator = factories.account(is_staff=True, is_superuser=True)
    assert logged_in(operator).get(f"/admin/hub/{model}/").status_code == 200


def test_a_suspended_moderator_sees_nothing_that_waits_and_is_let_back_by_a_superuser_alone(desk, mo):
    row, peer = held(1)[0], factories.moderator(is_staff=True)
    assert desk.get("/moderation/new/").status_code == 200
    standing.suspend(mo, factories.account(is_superuser=True), "spam")
    looked_at = ["/moderation/", "/moderation/new/", f"/submissions/{row.pk}/preview.jpg"]
    assert [desk.get(path).status_code for path in looked_at] == [403, 403, 404]
    with pytest.raises(Refused, match="forbidden"):
        standing.lift(mo, peer)
    standing.suspend(peer, factories.account(is_superuser=True), "spam")
    assert logged_in(peer).get("/admin/hub/account/").status_code == 403


@pytest.mark.parametrize("what", ["photo_removed", "photo_refused", "report_closed", "suspended", "appeal_denied"])
def test_whoever_it_concerns_is_told_in_words(what, photo, supplier, mo):
    standing.suspend(supplier, mo, "spam")
    Notice.objects.update(about={"what": what, "reason": "private", "outcome": "kept"})
    factories.work_off()
    assert "moderator" in mail.outbox[-1].subject + mail.outbox[-1].body


def test_a_label_with_a_nul_is_none_to_give_instead(desk, photo):
    said = {"right": "no", "instead": "a\0b"}
    assert desk.post(f"/images/{photo.sha256}/claims/valve/", said).status_code == 404
