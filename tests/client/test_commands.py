"""`dih labels`, `datasets`, `freeze`, `diff`, `upload`, and the exit codes that scripts trust."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from dih import __main__ as command
from dih.hub import Hub

from hub import catalogue, tokens
from hub.models import Batch, DatasetVersion, Image, Job, Label, Submission
from tests import factories, images
from tests.client.conftest import frozen
from tests.parts import committed
from tests.stock import stock

pytestmark = committed


@pytest.fixture
def photos(tmp_path):
    """A folder of photos: two that go in, one that does not, a copy, and what is no photo."""
    files = {
        "a.jpg": images.photo(seed=1),
        "more/b.JPG": images.photo(seed=2),
        "more/cut.jpg": images.truncated(images.photo(seed=3)),
        "more/copy.jpg": images.photo(seed=1),
        "notes.txt": b"mine",
        ".hidden/c.jpg": images.photo(seed=4),
    }
    for name, data in files.items():
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "photos"


@pytest.fixture
def valve(transactional_db):
    return factories.label("Valve", factories.label("Plumbing"))


@pytest.fixture
def elsewhere():
    """A server that answers everything with a page."""
    servers = []

    def serve(status: int) -> str:
        class Page(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status)
                self.end_headers()
                self.wfile.write(b"<h1>Hello</h1>")

            def log_message(self, *_):
                pass

        server = HTTPServer(("127.0.0.1", 0), Page)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def give(dih, folder, *more):
    return dih("upload", folder, "--label", "valve", "--licence", "CC0-1.0", *more)


def states(ran) -> dict[str, str]:
    return {one["file"]: one["state"] for one in ran.told["files"]}


def test_every_photo_of_a_folder_gets_an_answer(dih, valve, worker, photos):
    ran = give(dih, photos, "--place", "Porto", "--precision", "region")
    answered = {"a.jpg": "accepted", "more/b.JPG": "accepted", "more/copy.jpg": "duplicate", "more/cut.jpg": "rejected"}
    assert (ran.exit, states(ran)) == (1, answered)
    assert Image.objects.count() == 2
    batch = Batch.objects.get()
    assert (batch.licence, batch.precision, batch.supplier.username) == ("CC0-1.0", "region", "ada")
    [cut] = [one for one in ran.told["files"] if one["state"] == "rejected"]
    assert (cut["reason"], cut["words"]) == ("truncated", "The end of the file is missing.")


def test_running_again_sends_nothing_twice(dih, valve, worker, photos):
    give(dih, photos)
    (photos / "new.jpg").write_bytes(images.photo(seed=5))
    sent = Submission.objects.count()
    ran = give(dih, photos)
    assert Submission.objects.count() == sent + 1
    assert states(ran) | {"more/copy.jpg": "duplicate"} == {
        "a.jpg": "duplicate", "more/b.JPG": "duplicate", "more/copy.jpg": "duplicate", "more/cut.jpg": "rejected",
        "new.jpg": "accepted",
    }  # fmt: skip


def test_what_was_interrupted_is_gone_on_with(dih, valve, worker, photos, monkeypatch):
    from dih import upload

    real, sent = upload.send, []

    def dying(*arguments):
        if sent:
            raise KeyboardInterrupt
        sent.append(real(*arguments))

    monkeypatch.setattr(upload, "send", dying)
    assert give(dih, photos).exit == 130
    monkeypatch.setattr(upload, "send", real)
    factories.work_off()
    give(dih, photos)
    assert Submission.objects.filter(filename="a.jpg").count() == 1
    assert Image.objects.count() == 2


def test_a_network_that_breaks_gives_nothing_twice(dih, valve, worker, photos, cutter, monkeypatch):
    real, count = cutter.RequestHandlerClass.answer, []

    def losing(handler, hub):
        count.append(1)
        if len(count) % 2:
            real(handler, hub)
        else:
            hub.recv(65536)  # the hub did it, and its answer is lost

    monkeypatch.setattr(cutter.RequestHandlerClass, "answer", losing)
    monkeypatch.setattr("dih.hub.pause", lambda *_: 0.01)
    cutter.limit = 2000
    ran = dih("upload", photos, "--label", "valve", "--licence", "CC0-1.0", "--no-wait", hub=cutter.url)
    assert ran.exit in (0, 1)
    assert (Batch.objects.count(), Submission.objects.count()) == (1, 3)


def test_more_than_a_batch_holds_goes_into_several(dih, valve, worker, tmp_path, monkeypatch):
    monkeypatch.setattr("dih.upload.BATCH", 2)
    for seed in range(1, 6):
        (tmp_path / f"{seed}.jpg").write_bytes(images.photo(seed=seed))
    ran = give(dih, tmp_path)
    assert (ran.exit, ran.told["counts"], Batch.objects.count()) == (0, {"accepted": 5}, 3)


def test_a_file_refused_at_the_door_is_its_own_answer(dih, valve, worker, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"")
    (tmp_path / "b.jpg").write_bytes(images.photo(seed=1))
    ran = give(dih, tmp_path)
    assert (ran.exit, states(ran)) == (1, {"a.jpg": "rejected", "b.jpg": "accepted"})


def test_labels_are_found_and_listed(dih, valve):
    stock(valve, 3)
    assert [one["slug"] for one in dih("labels", "valve", account=None).told["items"]] == ["valve"]
    assert [one["images"] for one in dih("labels").told["items"]] == [3, 3]
    assert dih("labels", "--under", "plumbing").told["items"][0]["path"] == ["plumbing", "valve"]


def test_a_dataset_is_frozen_and_freezing_it_again_gives_the_same_id(dih, version, worker, ada):
    dataset = version.dataset
    listed = dih("datasets", "--mine").told["items"]
    assert [(one["id"], one["latest"]) for one in listed] == [(dataset.pk, version.digest)]
    again = dih("freeze", dataset.pk)
    assert (again.exit, again.told["id"]) == (0, version.digest)
    stock(Label.objects.get(slug="tap"), 5, ada)
    newer = dih("freeze", dataset.pk)
    assert newer.told["id"] == DatasetVersion.objects.filter(state="ready").order_by("-id")[0].digest
    assert newer.told["images"] == 45


def test_equal_versions_differ_by_nothing_and_others_by_something(dih, version, worker, ada):
    assert dih("diff", version.digest, version.digest[:8]).exit == 0
    catalogue.withdraw(Image.objects.first())
    stock(Label.objects.get(slug="tap"), 5, ada)
    newer = frozen(ada)
    ran = dih("diff", version.digest, newer.digest, "--changes")
    assert (ran.exit, ran.told["added"], ran.told["withdrawn"]) == (1, 5, 1)
    assert len([one for one in ran.told["items"] if one["change"] == "added"]) == 5


def test_exit_codes_say_what_happened(dih, version, photos, live_server, monkeypatch):
    monkeypatch.setattr("dih.hub.TRIES", 1)
    other = factories.account()
    assert dih("diff", version.digest, version.digest, account=other).exit == 3
    assert dih("freeze", version.dataset_id, account=other).exit == 3
    assert dih("freeze", version.dataset_id, account=None).told["code"] == "token_needed"
    assert dih("labels", "--under", "nothing").told["code"] == "unknown_label"
    assert dih("labels", "--under", "nothing").exit == 5
    assert dih("labels", hub="http://127.0.0.1:1").exit == 4
    assert dih("labels", hub="not an address").exit == 4
    assert dih("upload", photos / "nothing", "--label", "valve", "--licence", "CC0-1.0").exit == 3
    assert command.main(["labels", "--hub", live_server.url, "--token", "dih_wrong"]) == 3
    assert give(dih, photos / "a.jpg").exit == 3
    assert dih("upload", photos, "--label", "Valve", "--licence", "CC0-1.0").told["code"] == "unknown_label"


@pytest.mark.parametrize("wrong", [["download", "xyz"], ["nothing"], [], ["upload", "."], ["download", "A" * 64]])
def test_wrong_usage_is_2(wrong, capsys):
    with pytest.raises(SystemExit) as left:
        command.main(wrong)
    assert left.value.code == 2


@pytest.mark.parametrize("status", [200, 404])
def test_a_server_that_is_no_hub_is_said_to_be_none(status, dih, elsewhere):
    ran = dih("labels", hub=elsewhere(status))
    assert (ran.exit, ran.told["code"]) == (4, "no_hub")


def test_a_hub_below_another_path_is_not_asked_at_the_root(dih, live_server):
    assert dih("labels", hub=f"{live_server.url}/nothing").exit == 3


def test_a_refusal_is_said_to_people_too(live_server, capsys, transactional_db):
    assert command.main(["labels", "--under", "x\x1b[2J", "--hub", live_server.url]) == 5
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == "dih: There is no such label. Choose one from the list, or propose it. (unknown_label)\n"


def test_it_runs_as_a_module_and_takes_its_settings_from_the_environment(live_server, ada, valve):
    _, secret = tokens.make(ada, "laptop", ["read"])
    environment = {"DIH_HUB": live_server.url, "DIH_TOKEN": secret, "PATH": ""}
    done = subprocess.run([sys.executable, "-m", "dih", "labels"], capture_output=True, text=True, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "plumbing › valve" in done.stdout


def test_a_token_is_sent_to_no_other_place():
    hub = Hub("https://hub.example", "dih_secret")
    assert str(hub.at("https://elsewhere.example/api/v1/labels?after=1")) == "https://hub.example/api/v1/labels?after=1"
    assert str(hub.at("//elsewhere.example/x")).startswith("https://hub.example/")


def test_a_worker_that_is_slow_is_waited_for(dih, version, worker):
    Job.objects.all().delete()
    assert dih("freeze", version.dataset_id).exit == 0
