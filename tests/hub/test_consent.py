"""What suppliers agree to is kept, and they may change their mind about photos and labels."""

import pytest

from hub import audit, catalogue, counts, datasets, submissions
from hub.models import Annotation, Batch, Claim, Doubt, Image, ImageLabel, Job, Report, Submission
from hub.models.submission import Licence
from hub.people import consent
from hub.problems import Refused
from tests import factories, images, shelves, trained
from tests.hub.api.conftest import Script
from tests.hub.conftest import logged_in
from tests.hub.test_counts import assert_counts_equal_a_recount, n
from tests.stock import alike, stock, verified

pytestmark = pytest.mark.django_db


def carried(image) -> set[str]:
    return set(ImageLabel.objects.filter(image=image, direct=True).values_list("label__slug", flat=True))


def clean() -> bool:
    return not [finding for finding in audit.run() if finding.count]


# --- what is agreed to


@pytest.mark.parametrize("licence", Licence)
def test_the_sentence_agreed_to_is_kept_with_the_batch_as_it_was(licence):
    ada = factories.account(credit="Ada L.")
    batch = factories.batch(ada, licence=licence)
    agreed = batch.agreement
    ada.credit = "Somebody else"
    ada.save()
    batch.refresh_from_db()
    assert batch.agreement == agreed
    assert licence.value in agreed
    assert ("“Ada L.”" in agreed) == (licence != Licence.CC0)


@pytest.mark.parametrize("licence", Licence)
def test_the_longest_credit_line_fits_into_every_sentence(licence):
    assert len(consent.sentence(licence, "W" * 80)) <= 300


def test_an_invented_supplier_agrees_to_nothing():
    assert factories.batch(factories.account(invented=True)).agreement == ""


def test_the_give_page_shows_the_sentence_that_is_kept(browser, supplier):
    page = browser.get("/give/").content.decode()
    assert consent.sentence("CC-BY-4.0", "ada").replace("'", "&#x27;") in page


def test_the_batch_page_says_what_was_agreed_to(browser, supplier):
    batch = factories.batch(supplier)
    assert batch.agreement in browser.get(batch.get_absolute_url()).content.decode()


def test_a_script_is_told_what_it_agreed_to(supplier):
    factories.label()
    answer = Script(supplier).post("/batches", {"label": "valve", "licence": "CC0-1.0"})
    assert answer.json()["agreement"] == Batch.objects.get().agreement == consent.sentence("CC0-1.0", "ada")


# --- taking a batch back


def test_a_batch_taken_back_leaves_every_count_at_once():
    valve = factories.label()
    batch = factories.batch(under=valve)
    shots = stock(valve, 3, batch=batch)
    stock(valve, 2)
    assert consent.withdraw_batch(batch)[0] == 3
    assert n(valve) == n(None) == 2
    assert not Image.objects.filter(pk__in=[one.pk for one in shots], withdrawn_at=None).exists()
    assert_counts_equal_a_recount()
    assert clean()


def test_near_duplicates_of_a_batch_taken_back_are_regrouped():
    valve = factories.label()
    batch = factories.batch(under=valve)
    first, second = stock(valve, 2, batch=batch)
    left, right = stock(valve, 2)
    for pair in ((left, first), (first, second), (second, right)):
        alike(*pair)
    consent.withdraw_batch(batch)
    left.refresh_from_db()
    right.refresh_from_db()
    assert left.group_id != right.group_id
    assert n(valve, "groups") == 2
    assert_counts_equal_a_recount()
    assert clean()


def test_what_waits_in_a_batch_taken_back_does_not_come_in_later(supplier):
    batch = factories.batch(supplier)
    factories.checked(images.photo(seed=1), batch)
    factories.checked(images.photo(seed=1), batch, filename="near.jpg")
    factories.given(images.photo(seed=2), batch, filename="later.jpg")
    Submission.objects.filter(filename="near.jpg").update(state="review", reason="near_duplicate")
    jobs = consent.withdraw_batch(batch)[1]
    assert jobs == []
    factories.work_off()
    assert not Image.objects.filter(withdrawn_at=None).exists()
    assert set(Submission.objects.values_list("state", flat=True)) == {"withdrawn"}
    assert clean()


def test_a_worker_that_is_at_a_file_taken_back_cannot_let_it_in(supplier):
    row = factories.given(images.photo(seed=1), factories.batch(supplier))
    work = submissions.jobs.claim(Job.objects.get(kind="ingest").pk)
    consent.withdraw_batch(row.batch)
    with pytest.raises(submissions.jobs.Superseded):
        submissions.reject(work, "empty")
    row.refresh_from_db()
    assert row.state == "withdrawn"


def test_what_others_gave_and_a_batch_kept_out_is_looked_at_again(supplier):
    batch = factories.batch(supplier)
    mine = factories.checked(images.photo(seed=1), batch)
    row = factories.checked(images.photo(seed=2))
    Submission.objects.filter(pk=row.pk).update(state="review", reason="near_duplicate", twin=mine.image, image=None)
    Image.objects.exclude(pk=mine.image_id).delete()
    assert [job.subject for job in consent.withdraw_batch(batch)[1]] == [row.pk]


def test_a_batch_taken_back_is_out_of_every_new_version_and_a_tombstone_in_old_ones():
    version = shelves.frozen()
    batch = Batch.objects.filter(images__memberships__version=version).first()
    gone = set(batch.images.values_list("sha256", flat=True))
    consent.withdraw_batch(batch)
    assert {sha256 for _, sha256 in datasets.tombstones(version.digest)} == gone
    stock(batch.label, 20)
    newer = shelves.again(version.dataset)
    assert not newer.members.filter(image__sha256__in=gone).exists()
    assert newer.images == 40


def test_the_page_says_where_the_photos_of_a_batch_are_before_it_takes_them_back():
    model = trained.model(public=True)
    batch = Batch.objects.filter(images__memberships__version__digest=model.digest).first()
    owner = logged_in(batch.supplier)
    page = owner.get(f"/batches/{batch.pk}/withdraw/").content.decode()
    assert "20 photos" in page
    assert "in 1 dataset and 1 model" in page
    assert owner.post(f"/batches/{batch.pk}/withdraw/").status_code == 302
    assert not batch.images.filter(withdrawn_at=None).exists()
    assert "Nothing to take back" in owner.get(f"/batches/{batch.pk}/withdraw/").content.decode()
    assert "20 of the 40 photos" in owner.get(model.get_absolute_url()).content.decode()
    assert "(50 %)" in owner.get(model.get_absolute_url()).content.decode()


def test_reports_of_every_photo_of_a_batch_taken_back_are_closed():
    batch = factories.batch()
    for shot in stock(batch.label, 3, batch=batch):
        Report.objects.create(image=shot, reason="private")
    consent.withdraw_batch(batch)
    assert set(Report.objects.values_list("state", flat=True)) == {"removed"}
    assert consent.withdraw_batch(batch) == (0, [])


def test_nobody_takes_the_batch_of_another_back(browser):
    batch = factories.batch()
    assert browser.post(f"/batches/{batch.pk}/withdraw/").status_code == 404


def test_a_photo_taken_down_meanwhile_stays_taken_down():
    valve = factories.label()
    shot = stock(valve, 1)[0]
    catalogue.withdraw(shot, removed_for="private")
    consent.withdraw_batch(shot.batch)
    shot.refresh_from_db()
    assert shot.removed_for == "private"
    assert Submission.objects.get().reason == "taken_down"


# --- another label


def test_the_claim_of_a_supplier_moves_to_another_label():
    valve, faucet = factories.label(), factories.label("Faucet")
    shot = stock(valve, 1)[0]
    consent.relabel(shot, shot.supplier, faucet)
    assert carried(shot) == {"faucet"}
    assert (n(valve), n(faucet)) == (0, 1)
    assert dict(Annotation.objects.values_list("label__slug", "verdict")) == {"valve": "no", "faucet": "yes"}
    assert Submission.objects.get().label == faucet
    assert_counts_equal_a_recount()
    assert clean()


def test_a_supplier_who_changes_their_mind_twice_is_back_where_they_were():
    valve, faucet = factories.label(), factories.label("Faucet")
    shot = stock(valve, 1)[0]
    consent.relabel(shot, shot.supplier, faucet)
    consent.relabel(shot, shot.supplier, valve)
    assert carried(shot) == {"valve"}
    assert Annotation.objects.count() == 2


def test_what_others_said_stays_when_a_supplier_changes_the_label():
    valve, faucet = factories.label(), factories.label("Faucet")
    shot = stock(valve, 1)[0]
    verified(valve, shot, yes=2)
    consent.relabel(shot, shot.supplier, faucet)
    assert carried(shot) == {"valve", "faucet"}
    assert Claim.objects.get(image=shot, label=valve).state == "verified"
    assert_counts_equal_a_recount()


def test_a_label_that_people_found_wrong_is_not_given_again():
    valve, faucet = factories.label(), factories.label("Faucet")
    shot = stock(valve, 1)[0]
    verified(valve, shot, yes=0, no=2)
    consent.relabel(shot, shot.supplier, faucet)
    assert carried(shot) == {"faucet"}
    with pytest.raises(Refused) as refused:
        with_claim_again(shot, valve)
    assert refused.value.code == "label_refused"
    assert carried(shot) == {"faucet"}


def with_claim_again(shot, label):
    """Somebody else claims the label still, so that what people found is on record."""
    with counts.recounting([shot.pk]):
        Annotation.objects.create(image=shot, label=label, account=factories.account(), conflicting=False)
        verdicts = [Annotation(image=shot, label=label, account=factories.account(), verdict="no") for _ in range(2)]
        Annotation.objects.bulk_create(verdicts)
    consent.relabel(shot, shot.supplier, label)


def test_a_doubt_about_a_label_that_is_gone_is_settled():
    valve, faucet = factories.label(), factories.label("Faucet")
    shot = stock(valve, 1)[0]
    Doubt.objects.create(image=shot, label=valve, account=factories.account())
    consent.relabel(shot, shot.supplier, faucet)
    assert Doubt.objects.get().state == "removed"


def test_the_page_changes_a_label_and_leads_back(browser, supplier):
    valve, _ = factories.label(), factories.label("Faucet")
    shot = stock(valve, 1, supplier=supplier)[0]
    address = f"{shot.get_absolute_url()}relabel/"
    assert "You said Valve" in browser.get(address).content.decode()
    assert browser.post(address, {"label": "no such thing"}).status_code == 422
    assert browser.post(address, {"label": "faucet", "next": "batch"})["Location"] == shot.batch.get_absolute_url()
    assert carried(shot) == {"faucet"}


def test_a_script_of_the_page_is_told_the_new_label(browser, supplier):
    factories.label("Faucet")
    shot = stock(factories.label(), 1, supplier=supplier)[0]
    answer = browser.post(f"{shot.get_absolute_url()}relabel/", {"label": "faucet"}, HTTP_ACCEPT="application/json")
    assert answer.json() == {"label": {"slug": "faucet", "name": "Faucet"}}


def test_nobody_changes_the_label_of_another_persons_photo(browser):
    factories.label("Faucet")
    shot = stock(factories.label(), 1)[0]
    assert browser.post(f"{shot.get_absolute_url()}relabel/", {"label": "faucet"}).status_code == 404
    assert carried(shot) == {"valve"}


# --- appeals


def test_my_photos_lead_to_an_appeal_against_what_a_moderator_decided_and_no_machine(browser, supplier):
    batch = factories.batch(supplier)
    shot = stock(batch.label, 1, batch=batch)[0]
    catalogue.withdraw(shot, removed_for="private")
    broken = factories.checked(b"no picture", batch, filename="notes.txt")
    page = browser.get("/mine/").content.decode()
    assert f"/submissions/{shot.submission.pk}/appeal/" in page
    assert f"/submissions/{broken.pk}/appeal/" not in page
    Submission.objects.filter(pk=shot.submission.pk).update(appeal="It is mine", appealed_at=shot.created_at)
    page = browser.get("/mine/").content.decode()
    assert "Your appeal waits for a moderator." in page
    assert "/appeal/" not in page


def test_my_photos_do_not_list_what_somebody_left_out_themselves(browser, supplier):
    row = factories.given(images.photo(seed=1), factories.batch(supplier), filename="twice.jpg")
    Submission.objects.filter(pk=row.pk).update(state="duplicate", reason="declined", decided_at=row.created_at)
    assert "twice.jpg" not in browser.get("/mine/").content.decode()
