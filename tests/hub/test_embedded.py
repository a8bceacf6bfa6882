"""The hub's own servers: they start, keep what they are given, and leave nothing behind."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import psycopg2
import pytest
import redis

from hub import embedded, servers, unprivileged

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root must step down")
SUPERVISOR = """
import time
from hub import embedded{change}
with embedded.running():
    print("up", flush=True)
    time.sleep(600)
"""


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.delenv("DATABASE_URL")
    monkeypatch.delenv("REDIS_URL")
    with tempfile.TemporaryDirectory(prefix="hub-home-") as folder:
        Path(folder).chmod(0o755)  # as root the servers' account must come as far as this
        monkeypatch.setenv("HUB_HOME", f"{folder}/kept")
        yield Path(folder, "kept")


def ask(question: str) -> list[tuple]:
    with closing(psycopg2.connect(embedded.database_url())) as connection, connection, connection.cursor() as cursor:
        cursor.execute(question)
        return cursor.fetchall() if cursor.description else []


def processes_in(folder: Path) -> list[int]:
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        try:
            inside = link.readlink().is_relative_to(folder)
        except OSError:  # it ended, or is not ours
            continue
        found += [int(link.parent.name)] * inside
    return found


def wait_for(condition: Callable[[], object], seconds: int = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


def start_supervisor(change: str = "") -> subprocess.Popen[str]:
    script = SUPERVISOR.format(change=change)
    started = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=embedded.REPO)
    assert started.stdout is not None
    assert started.stdout.readline() == "up\n"
    return started


def kill(supervisor: subprocess.Popen[str]) -> None:
    with supervisor:
        supervisor.kill()


def test_both_servers_answer_inside_the_block_and_are_gone_after_it(home: Path) -> None:
    with embedded.running():
        assert ask("SELECT current_user, current_database()") == [("hub", "hub")]
        with redis.from_url(embedded.redis_url()) as client:
            assert client.ping()
        assert processes_in(home)
    assert processes_in(home) == []


def test_what_was_written_is_there_after_a_restart() -> None:
    with embedded.running():
        ask("CREATE TABLE kept AS SELECT 'Eared Grebe' AS label")
        with redis.from_url(embedded.redis_url()) as client:
            client.set("doorbell", "rung")
    with embedded.running():
        assert ask("SELECT label FROM kept") == [("Eared Grebe",)]
        with redis.from_url(embedded.redis_url()) as client:
            assert client.get("doorbell") == b"rung"


def test_postgres_waits_for_the_disk_and_redis_never_forgets_a_queue() -> None:
    with embedded.running(), redis.from_url(embedded.redis_url()) as client:
        assert ask("SHOW fsync") == [("on",)]
        assert client.config_get("appendonly") == {"appendonly": "yes"}
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}


def test_a_supervisor_that_is_killed_takes_its_servers_along_and_loses_no_row(home: Path) -> None:
    supervisor = start_supervisor()
    ask("CREATE TABLE kept AS SELECT 1 AS one")
    kill(supervisor)
    wait_for(lambda: not processes_in(home))
    with embedded.running():
        assert ask("SELECT one FROM kept") == [(1,)]


def test_servers_that_outlived_their_supervisor_are_stopped_first(home: Path) -> None:
    supervisor = start_supervisor(change=", servers; servers.die_with_parent = lambda *_: None")
    ask("CREATE TABLE kept AS SELECT 1 AS one")
    kill(supervisor)
    left = processes_in(home)
    assert left
    with embedded.running():
        assert not set(left) & set(processes_in(home))
        assert ask("SELECT one FROM kept") == [(1,)]


def test_servers_killed_outright_come_back_with_everything_committed(home: Path) -> None:
    with embedded.running():
        ask("CREATE TABLE kept AS SELECT 1 AS one")
        for process in processes_in(home):
            with suppress(ProcessLookupError):  # the servers' own helpers come and go
                os.kill(process, signal.SIGKILL)
    with embedded.running():
        assert ask("SELECT one FROM kept") == [(1,)]


def test_a_second_supervisor_of_the_same_home_is_refused_in_words(home: Path) -> None:
    supervisor = start_supervisor()
    with pytest.raises(embedded.AlreadyRunning, match=f"The hub in {home} is running already"), embedded.running():
        pass
    kill(supervisor)


def test_servers_named_from_outside_are_not_started(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/hub")
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere/3")
    with embedded.running():
        assert processes_in(home) == []
    assert embedded.broker_url() == "redis://elsewhere/3"
    assert embedded.cache_url() == "redis://elsewhere/4"


def test_one_redis_socket_is_spelled_for_redis_and_for_celery(home: Path) -> None:
    assert embedded.redis_url() == f"unix://{home}/run/redis.sock?db=0"
    assert embedded.broker_url() == f"redis+socket://{home}/run/redis.sock?virtual_host=0"
    assert embedded.cache_url() == f"unix://{home}/run/redis.sock?db=1"


def test_a_failing_server_says_why_in_its_own_last_lines(home: Path) -> None:
    with embedded.running():
        pass
    (home / "pg" / "PG_VERSION").write_text("9\n")
    with pytest.raises(unprivileged.CannotStart, match=r"(?s)postgres did not start.*version 9"), embedded.running():
        pass


def test_a_home_with_a_long_name_has_its_sockets_in_a_short_private_folder(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUB_HOME", str(home / ("long" * 30)))
    with embedded.running():
        assert ask("SELECT 1") == [(1,)]
        sockets = Path(str(ask("SHOW unix_socket_directories")[0][0]).strip('"'))
        assert sockets.stat().st_mode & 0o777 == 0o700
    sockets.rmdir()


def test_a_folder_for_sockets_that_others_may_enter_is_refused(home: Path) -> None:
    (home / "run").mkdir(parents=True)
    (home / "run").chmod(0o777)
    home.chmod(0o755)
    with pytest.raises(unprivileged.CannotStart, match="is not a private folder"), embedded.running():
        pass


def test_folders_that_were_there_keep_their_rights_and_owners(home: Path) -> None:
    def rights() -> list[tuple]:
        return [(str(path), found.st_mode, found.st_uid, found.st_gid)
                for path in home.parents if (found := path.stat())]  # fmt: skip

    home.parent.chmod(0o711)
    before = rights()
    with embedded.running():
        pass
    assert rights() == before


@as_root
def test_as_root_the_servers_run_as_nobody(home: Path) -> None:
    with embedded.running():
        owners = {Path(f"/proc/{process}").stat().st_uid for process in processes_in(home)}
    assert owners == {unprivileged.account()[0]} != {0}


@as_root
def test_as_root_a_home_nobody_can_come_to_is_refused_and_stays_closed(home: Path) -> None:
    home.parent.chmod(0o700)
    with pytest.raises(unprivileged.CannotStart, match="never runs as root"), embedded.running():
        pass
    assert home.parent.stat().st_mode & 0o777 == 0o700


@as_root
def test_as_root_a_closed_checkout_keeps_its_data_elsewhere(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HUB_HOME")
    home.parent.chmod(0o700)
    monkeypatch.setattr(embedded, "REPO", home.parent)
    assert embedded.home().parent == Path("/var/lib/deep-images-hub")


@as_root
def test_as_root_programs_nobody_can_reach_are_copied_into_the_home(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unprivileged, "open_to_all", lambda path: "site-packages" not in path.parts)
    with embedded.running():
        programs = {Path(f"/proc/{process}/exe").resolve() for process in processes_in(home)}
        assert ask("SELECT 1") == [(1,)]
    assert all(program.is_relative_to(home / "programs") for program in programs)


def test_a_server_is_not_told_the_secrets_of_the_hub(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_SECRET_KEY", "whisper")
    with embedded.running():
        told = [Path(f"/proc/{process}/environ").read_bytes() for process in processes_in(home)]
    assert told
    assert not any(b"whisper" in environment for environment in told)


def test_waiting_for_a_server_is_bounded_by_its_life(home: Path) -> None:
    log = home.parent / "short.log"
    log.write_text("no room on the disk\n")
    ended = subprocess.Popen(["true"])
    ended.wait()
    with pytest.raises(unprivileged.CannotStart, match="no room on the disk"):
        servers._wait_until(lambda: False, ended, log)
