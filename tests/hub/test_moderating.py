import pytest

from hub import catalogue, counts, objects, outcomes, storage
from hub.models import Decision, Doubt, Image, Job, LabelStat, Notice, Removal, Report, Submission
from hub.moderation import appeals, decisions, doubts, moderating, queues, reporting, standing
from hub.problems import Refused
from tests import factories, images
from tests.parts import broken, committed, empty_storage, in_threads
from workers import ingest

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    empty_storage(settings, tmp_path)
    settings.NEW_ACCOUNT_PHOTOS = 3


@pytest.fixture
def moderator(db):
    return factories.moderator(username="mo")


@pytest.fixture
def ada(db):
    return factories.account(username="ada", email="ada@example.org")


@pytest.fixture
def photo(ada):
    """A photo of ada's that everybody sees."""
    return factories.checked(images.photo(seed=1), factories.batch(ada)).image


def told(account) -> list[dict]:
    return list(account.notices.order_by("id").values_list("about", flat=True))


def again(row: Submission) -> tuple[str, str]:
    """What a submission came to."""
    factories.work_off()
    row.refresh_from_db()
    return row.state, row.reason


def test_a_photo_that_is_taken_down_is_gone_at_once(photo, moderator, ada):
    moderating.take_down(photo, moderator, "private", "The number plate.")
    photo.refresh_from_db()
    row = Submission.objects.get()
    assert (photo.removed_for, photo.withdrawn_at is not None) == ("private", True)
    assert (row.state, row.reason, row.detail) == ("withdrawn", "taken_down", {"why": "private"})
    assert row.state_in_words == "Taken down"
    assert not LabelStat.objects.filter(facet="images", n__gt=0).exists()
    assert told(ada)[0] == {
        "what": "photo_removed",
        "reason": "private",
        "note": "The number plate.",
        "filename": "photo.jpg",
        "label": "Valve",
        "submission": row.pk,
    }
    line = Decision.objects.get()
    assert (line.actor, line.kind, line.subject, line.reason) == (
        moderator,
        "took_down",
        f"image:{photo.sha256}",
        "private",
    )


def test_nothing_is_broken_by_taking_down(photo, moderator):
    factories.checked(images.photo(seed=2), factories.batch(photo.supplier))
    moderating.take_down(photo, moderator, "no_photo")
    assert broken() == {}


@pytest.mark.parametrize(
    "data",
    [images.photo(seed=1), images.photo(seed=1, format="PNG"), images.reencoded(seed=1), images.mirrored(seed=1)],
    ids=["the same file", "the same pixels", "saved again", "mirrored"],
)
def test_what_was_taken_down_does_not_come_back_unseen(photo, moderator, data):
    moderating.take_down(photo, moderator, "illegal")
    row = factories.checked(data, factories.batch(), filename="again")
    assert (row.state, row.reason) == ("review", "removed_before")
    assert row.preview_sha256
    assert not Image.objects.filter(withdrawn_at=None).exists()


@pytest.mark.parametrize(("reason", "words"), [("near_duplicate", "Needs your eye"), ("matched", "A moderator looks")])
def test_a_photo_in_review_says_who_must_look(reason, words):
    assert Submission(state="review", reason=reason).state_in_words == words


def test_its_supplier_reads_only_that_a_moderator_looks(photo, moderator):
    from hub.templatetags.hub import why

    moderating.take_down(photo, moderator, "illegal")
    row = factories.checked(images.photo(seed=1), photo.batch)
    assert why(row) == "A moderator looks at this photo first."


def test_another_photo_is_not_taken_for_one_that_was_taken_down(photo, moderator):
    moderating.take_down(photo, moderator, "illegal")
    assert factories.checked(images.photo(seed=2), factories.batch()).state == "accepted"


def test_a_photo_is_taken_down_once_and_the_second_is_told_by_whom(photo, moderator):
    moderating.take_down(photo, moderator, "private")
    with pytest.raises(Refused) as refused:
        moderating.take_down(photo, factories.moderator(), "illegal")
    assert (refused.value.code, refused.value.status, refused.value.detail["who"]) == ("already_decided", 409, "mo")
    assert refused.value.detail["what"] == "mo took the photo down."
    assert Decision.objects.count() == 1


@pytest.mark.parametrize(("reason", "code"), [("I do not like it", "bad_request"), ("", "no_reason")])
def test_a_reason_must_be_of_the_list(reason, code, photo, moderator):
    with pytest.raises(Refused, match=code):
        moderating.take_down(photo, moderator, reason)
    photo.refresh_from_db()
    assert photo.withdrawn_at is None


def knows_red(sha256, pixels, fingerprint):
    return "red" if pixels == knows_red.pixels else ""


def away(sha256, pixels, fingerprint):
    raise storage.Away("no line")


def test_what_a_service_knows_is_looked_at_before_the_photos_of_new_accounts(settings):
    for seed, why in enumerate(("new_account", "matched", "removed_before", "new_account")):
        outcomes.decide(factories.given(images.photo(seed=seed)).pk, "review", why)
    assert [row.reason for row in queues.held()] == ["matched", "removed_before", "new_account", "new_account"]


def test_a_service_that_knows_a_hash_has_a_moderator_look(settings):
    first = factories.checked(images.photo(seed=5))
    knows_red.pixels = first.image.pixels_sha256
    catalogue.withdraw(first.image)
    settings.HASH_MATCHERS = [f"{__name__}.knows_red"]
    row = factories.checked(images.photo(seed=5), factories.batch())
    assert (row.state, row.reason, row.detail) == ("review", "matched", {"matcher": "red"})
    assert factories.checked(images.photo(seed=6)).state == "accepted"


def test_while_such_a_service_is_away_nothing_goes_in_unasked(settings):
    settings.HASH_MATCHERS = [f"{__name__}.away"]
    row = factories.given(images.photo(seed=5))
    ingest.ingest(Job.objects.get().pk)
    row.refresh_from_db()
    assert (row.state, Job.objects.get().state) == ("received", "queued")
    assert not Image.objects.exists()


# --- new accounts ---------------------------------------------------------------------------------------------------


@pytest.fixture
def newcomer(db):
    return factories.account(username="new", email="new@example.org", trusted_at=None)


def gives(account, *seeds) -> list[Submission]:
    batch = factories.batch(account)
    return [factories.checked(images.photo(seed=seed), batch, filename=f"{seed}.jpg") for seed in seeds]


def test_the_first_photos_of_a_new_account_wait_for_a_moderator(newcomer):
    row = gives(newcomer, 1)[0]
    assert (row.state, row.reason) == ("review", "new_account")
    assert storage.get("renditions", storage.rendition_key(row.preview_sha256))
    assert not Image.objects.exists()


@pytest.mark.parametrize("fields", [{"invented": True}, {"is_superuser": True}], ids=["invented", "moderator"])
def test_invented_suppliers_and_moderators_are_no_newcomers(fields):
    assert gives(factories.account(trusted_at=None, **fields), 1)[0].state == "accepted"


def test_a_hub_may_look_at_nobodys_first_photos(newcomer, settings):
    settings.NEW_ACCOUNT_PHOTOS = 0
    assert gives(newcomer, 1)[0].state == "accepted"


def test_a_moderator_lets_all_in_but_the_bad_ones(newcomer, moderator):
    good, bad = gives(newcomer, 1, 2)
    moderating.decide_held([good.pk, bad.pk], {bad.pk: "private"}, moderator)
    assert again(good) == ("accepted", "")
    assert again(bad) == ("rejected", "private")
    assert told(newcomer) == [
        {"what": "photo_refused", "reason": "private", "filename": "2.jpg", "label": "Valve", "submission": bad.pk}
    ]
    assert sorted(Decision.objects.values_list("kind", flat=True)) == ["cleared", "refused"]


def test_after_enough_photos_an_account_is_trusted_and_the_rest_goes_in(newcomer, moderator):
    rows = gives(newcomer, 1, 2, 3, 4, 5)
    moderating.decide_held([row.pk for row in rows[:3]], {}, moderator)
    assert [again(row)[0] for row in rows] == ["accepted"] * 5
    newcomer.refresh_from_db()
    assert newcomer.trusted_at is not None


def test_short_of_that_it_is_not(newcomer, moderator):
    rows = gives(newcomer, 1, 2, 3)
    moderating.decide_held([row.pk for row in rows[:2]], {}, moderator)
    assert [again(row)[0] for row in rows] == ["accepted", "accepted", "review"]


def test_an_account_may_be_trusted_at_once(newcomer, moderator):
    rows = gives(newcomer, 1, 2)
    standing.trust(newcomer, moderator)
    assert [again(row)[0] for row in rows] == ["accepted"] * 2
    with pytest.raises(Refused, match="already_decided"):
        standing.trust(newcomer, moderator)


def test_trust_does_not_let_in_what_was_taken_down(newcomer, moderator, photo):
    moderating.take_down(photo, moderator, "illegal")
    row = gives(newcomer, 1)[0]
    standing.trust(newcomer, moderator)
    assert again(row) == ("review", "removed_before")


def test_what_was_let_in_and_taken_down_again_waits_the_next_time(newcomer, moderator):
    row = gives(newcomer, 1)[0]
    moderating.decide_held([row.pk], {}, moderator)
    again(row)
    moderating.take_down(row.image, moderator, "illegal")
    row = factories.checked(images.photo(seed=1), row.batch, filename="1.jpg")
    assert (row.state, row.reason) == ("review", "removed_before")


@committed
def test_of_two_moderators_over_one_photo_one_is_told():
    row = gives(factories.account(trusted_at=None), 1)[0]
    people = [factories.moderator(), factories.moderator()]

    def decide(number):
        try:
            moderating.decide_held([row.pk], {row.pk: "private"} if number else {}, people[number])
        except Refused as refused:
            return refused.code
        return "done"

    assert sorted(in_threads(2, decide)) == ["already_decided", "done"]
    assert Decision.objects.count() == 1


# --- reports --------------------------------------------------------------------------------------------------------


def test_anybody_may_report_a_photo(photo):
    reporting.report(photo, None, "private", "My house")
    reporting.report(photo, factories.account(), "illegal")
    assert Report.objects.filter(state="open").count() == 2


def test_strangers_add_to_one_report(photo):
    for note in ("My house", "", "And my car", "My house"):
        reporting.report(photo, None, "private", note)
    assert Report.objects.get().note == "My house / And my car"


def test_a_wrong_label_reported_by_somebody_we_know_is_doubted(photo):
    reporting.report(photo, factories.account(), "wrong_label", label=photo.batch.label)
    reporting.report(photo, None, "wrong_label", label=photo.batch.label)
    assert photo.doubts.count() == 1


def test_one_decision_closes_all_reports_of_a_photo_and_tells_who_made_them(photo, moderator):
    eve = factories.account()
    reporting.report(photo, eve, "private")
    reporting.report(photo, None, "illegal")
    moderating.take_down(photo, moderator, "private")
    assert set(Report.objects.values_list("state", "decided_by")) == {("removed", moderator.pk)}
    assert [(about["what"], about["outcome"]) for about in told(eve)] == [("report_closed", "removed")]


def test_a_photo_that_is_right_stays(photo, moderator):
    eve = factories.account()
    reporting.report(photo, eve, "other")
    moderating.keep_photo(photo, moderator)
    photo.refresh_from_db()
    assert photo.withdrawn_at is None
    assert told(eve)[0]["outcome"] == "kept"
    with pytest.raises(Refused, match="already_decided"):
        moderating.keep_photo(photo, moderator)


def test_who_would_take_down_what_another_kept_is_told(photo, moderator):
    reporting.report(photo, None, "private")
    moderating.keep_photo(photo, moderator)
    with pytest.raises(Refused) as refused:
        moderating.take_down(photo, factories.moderator(), "private", queue="reports")
    assert refused.value.detail["what"] == "mo looked at the reports, and kept the photo."
    photo.refresh_from_db()
    assert photo.withdrawn_at is None


def test_a_decided_doubt_closes_the_reports_of_the_label_alone(photo, moderator):
    eve = factories.account()
    reporting.report(photo, eve, "wrong_label", label=photo.batch.label)
    reporting.report(photo, eve, "private")
    doubts.decide(photo.doubts.get(), moderator, right=True)
    assert dict(Report.objects.values_list("reason", "state")) == {"wrong_label": "kept", "private": "open"}


def test_a_doubted_photo_gets_the_label_that_was_named_instead(photo, moderator):
    pump = factories.label("Pump")
    doubt = Doubt.objects.create(image=photo, label=photo.batch.label, instead=pump, share=0.8)
    doubts.decide(doubt, moderator, right=False, instead=True)
    assert set(photo.image_labels.values_list("label__name", flat=True)) == {"Pump"}
    assert broken() == {}


def test_who_takes_a_photo_back_ends_the_reports_of_it(photo):
    reporting.report(photo, None, "private")
    catalogue.withdraw(photo)
    assert Report.objects.get().state == "removed"


def test_a_photo_taken_back_is_not_reported(photo):
    catalogue.withdraw(photo)
    photo.refresh_from_db()
    with pytest.raises(Refused, match="gone"):
        reporting.report(photo, None, "other")


def test_a_copy_that_was_let_in_with_it_does_not_take_its_place(moderator):
    labels = [factories.label("Valve"), factories.label("Pipe")]
    newcomers = [factories.batch(factories.account(trusted_at=None), under) for under in labels]
    rows = [factories.checked(images.photo(seed=7), into) for into in newcomers]
    moderating.decide_held([row.pk for row in rows], {}, moderator)
    assert [again(row) for row in rows] == [("accepted", ""), ("review", "conflicting_label")]
    moderating.take_down(Image.objects.get(), moderator, "illegal")
    assert again(rows[1]) == ("review", "removed_before")


# --- accounts -------------------------------------------------------------------------------------------------------


def test_an_account_is_suspended_and_told_why(ada, moderator):
    standing.suspend(ada, moderator, "spam")
    ada.refresh_from_db()
    assert (ada.suspended_for, ada.suspended_at is not None) == ("spam", True)
    assert told(ada) == [{"what": "suspended", "reason": "spam", "photos": ""}]
    standing.lift(ada, moderator)
    ada.refresh_from_db()
    assert (ada.suspended_for, ada.suspended_at) == ("", None)
    assert list(Decision.objects.order_by("id").values_list("kind", flat=True)) == ["suspended", "unsuspended"]


def test_its_photos_go_with_it_where_a_moderator_says_so(photo, ada, moderator):
    other = factories.checked(images.photo(seed=2), factories.batch()).image
    standing.suspend(ada, moderator, "others_photos", take_down_photos="not_theirs")
    assert list(Image.objects.filter(withdrawn_at=None)) == [other]
    assert [about["what"] for about in told(ada)] == ["suspended"]


def test_what_a_suspended_account_sent_before_waits_until_it_is_lifted(ada, moderator):
    batch = factories.batch(ada)
    row = factories.given(images.photo(seed=4), batch)
    standing.suspend(ada, moderator, "harmful", take_down_photos="illegal")
    assert again(row) == ("review", "suspended_account")
    cleared = factories.checked(images.photo(seed=5), factories.batch(ada))
    moderating.decide_held([cleared.pk], {}, moderator)
    assert again(cleared)[0] == "accepted"
    standing.lift(ada, moderator)
    assert again(row)[0] == "accepted"


def test_a_worker_that_read_a_photo_before_its_account_was_suspended_lets_it_in_no_more(ada, moderator, monkeypatch):
    row = factories.given(images.photo(seed=4), factories.batch(ada))
    read = ingest.read
    monkeypatch.setattr(ingest, "read", lambda data: (standing.suspend(ada, moderator, "spam"), read(data))[1])
    factories.work_off()
    row.refresh_from_db()
    assert (row.state, Image.objects.count()) == ("received", 0)


def test_an_account_and_all_its_photos_go_as_one_act_or_not_at_all(photo, ada, moderator, monkeypatch):
    factories.checked(images.photo(seed=2), photo.batch)
    monkeypatch.setattr(moderating, "close_reports", lambda *_: 1 / 0)  # whatever breaks at the end
    with pytest.raises(ZeroDivisionError):
        standing.suspend(ada, moderator, "spam", take_down_photos="private")
    ada.refresh_from_db()
    assert (ada.suspended_at, Image.objects.filter(withdrawn_at=None).count()) == (None, 2)
    assert not Removal.objects.exists()
    assert not Decision.objects.exists()


def test_photos_that_go_with_their_account_are_logged_and_closed_each(photo, ada, moderator):
    eve, both = factories.account(), [photo, factories.checked(images.photo(seed=2), photo.batch).image]
    reporting.report(both[1], eve, "private")
    standing.suspend(ada, moderator, "spam", take_down_photos="private")
    logged = (
        Decision.objects.filter(kind="took_down").order_by("id").values_list("subject", "reason", "detail__supplier")
    )
    assert list(logged) == [(f"image:{image.sha256}", "private", ada.pk) for image in both]
    assert {row.sha256 for row in Removal.objects.exclude(fingerprint=b"")} == {image.sha256 for image in both}
    assert [about["outcome"] for about in told(eve)] == ["removed"]
    assert not Submission.objects.filter(preview_sha256="").exists()
    assert broken() == {}


def test_taking_many_photos_down_asks_no_more_questions_than_taking_two(ada, moderator, django_assert_max_num_queries):
    for seed in range(8):
        factories.checked(images.photo(seed=seed), factories.batch(ada))
    with django_assert_max_num_queries(45):
        standing.suspend(ada, moderator, "spam", take_down_photos="private")


def test_moderators_do_not_suspend_each_other(moderator):
    with pytest.raises(Refused, match="forbidden"):
        standing.suspend(factories.moderator(), moderator, "spam")
    standing.suspend(moderator, factories.account(is_superuser=True), "spam")


# --- flagged quality ------------------------------------------------------------------------------------------------


def test_a_flagged_picture_that_is_fine_loses_its_flags_and_the_counts_follow(photo, moderator):
    counts.lock()
    with counts.recounting([photo.pk]):
        Image.objects.filter(pk=photo.pk).update(flags=["blurry", "small"])
    moderating.find_fine(photo, moderator)
    photo.refresh_from_db()
    assert photo.flags == ["small"]
    assert set(LabelStat.objects.filter(facet="flag", label=None, n=1).values_list("value", flat=True)) == {"small"}
    assert broken() == {}
    with pytest.raises(Refused, match="already_decided"):
        moderating.find_fine(photo, moderator)


# --- appeals --------------------------------------------------------------------------------------------------------


def test_an_appeal_that_is_granted_brings_the_photo_back(photo, ada, moderator):
    moderating.take_down(photo, moderator, "not_theirs")
    row = Submission.objects.get()
    appeals.appeal(row, "I took it, here is the raw file.")
    assert list(appeals.waiting()) == [row]
    appeals.decide(row, moderator, grant=True)
    assert again(row) == ("accepted", "")
    assert Removal.objects.get().lifted_at is not None
    assert told(ada)[-1]["what"] == "appeal_granted"
    assert broken() == {}


def test_an_appeal_that_is_denied_leaves_it_out(photo, ada, moderator):
    moderating.take_down(photo, moderator, "not_theirs")
    row = Submission.objects.get()
    appeals.appeal(row, "It is mine.")
    appeals.decide(row, moderator, grant=False)
    assert again(row) == ("withdrawn", "taken_down")
    assert told(ada)[-1] == {
        "what": "appeal_denied",
        "filename": "photo.jpg",
        "submission": row.pk,
        "reason": "not_theirs",
    }
    with pytest.raises(Refused, match="appealed_already"):
        appeals.appeal(row, "But it is.")
    with pytest.raises(Refused, match="already_decided"):
        appeals.decide(row, moderator, grant=True)


def test_what_was_taken_for_a_copy_goes_in_when_a_moderator_agrees(photo, moderator):
    row = factories.checked(images.reencoded(seed=1), factories.batch(), filename="other.jpg")
    assert (row.state, row.reason) == ("duplicate", "same_picture")
    appeals.appeal(row, "The same view, a year later.")
    appeals.decide(row, moderator, grant=True)
    assert again(row) == ("accepted", "")
    assert Image.objects.filter(withdrawn_at=None).count() == 2
    assert broken() == {}


@pytest.mark.parametrize(
    "data", [images.photo(seed=1), images.photo(seed=2)], ids=["an exact copy", "a photo that is in"]
)
def test_there_is_nothing_to_appeal_against(photo, data):
    row = factories.checked(data, factories.batch(), filename="other.jpg")
    with pytest.raises(Refused, match="not_appealable"):
        appeals.appeal(row, "Please.")


def test_the_file_stays_for_as_long_as_its_supplier_may_appeal(photo, moderator):
    from datetime import timedelta

    from django.utils import timezone

    moderating.take_down(photo, moderator, "not_theirs")
    key = storage.key(photo.sha256)
    for age, kept in ((13, {key}), (15, set())):
        then = timezone.now() - timedelta(days=age)
        Submission.objects.update(decided_at=then)
        Image.objects.update(withdrawn_at=then)
        assert objects.owned("originals", [key]) == kept
    Submission.objects.update(appeal="It is mine.", appealed_at=timezone.now())
    assert objects.owned("originals", [key]) == {key}


# --- the log --------------------------------------------------------------------------------------------------------


def test_the_log_is_searched_by_subject_and_actor(photo, ada, moderator):
    moderating.take_down(photo, moderator, "private")
    standing.suspend(ada, moderator, "spam")
    assert [line.kind for line in decisions.about("image:")] == ["took_down"]
    assert [line.kind for line in decisions.about(actor="mo")] == ["suspended", "took_down"]
    assert [line.kind for line in decisions.about("account:ada")] == ["suspended"]
    assert not decisions.about(actor="ada")


def test_every_kind_of_decision_has_words_and_every_reason_is_told():
    from hub.reasons import SUSPENSIONS, TAKEDOWNS, words

    assert all(len(code) <= 20 for code in {**TAKEDOWNS, **SUSPENSIONS})
    assert words("taken_down", {"why": "private"}).endswith("something private.")
    assert Notice.Kind.MODERATED.value == "moderated"
