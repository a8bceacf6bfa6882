"""The web server: several processes on one socket, none of which is missed."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator

import pytest

from hub import embedded
from tests.hostile.site import HOST, surroundings, wait_for
from tests.s3 import free_port


@pytest.fixture
def site() -> Iterator[tuple[int, subprocess.Popen]]:
    port = free_port()
    command = [sys.executable, "-m", "hub.serve", f"--listen={HOST}:{port}", "--threads=2"]
    told = os.environ | surroundings() | {"HUB_WEB_PROCESSES": "2"}
    with subprocess.Popen(command, cwd=embedded.REPO, env=told, stderr=subprocess.DEVNULL) as server:
        wait_for(port)
        until(lambda: len(children(server.pid)) == 2)
        yield port, server
        server.kill()


def children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(child) for child in file.read().split()]


def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def answers(port: int) -> bool:
    with urllib.request.urlopen(f"http://{HOST}:{port}/healthz", timeout=10) as answer:
        return answer.status == 200


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) != 0


def test_a_process_that_is_killed_is_started_anew_while_the_others_answer(site) -> None:
    port, server = site
    killed = children(server.pid)[0]
    os.kill(killed, signal.SIGKILL)
    assert all(answers(port) for _ in range(10))
    until(lambda: len(children(server.pid)) == 2 and killed not in children(server.pid))
    assert all(answers(port) for _ in range(10))
    server.terminate()
    assert server.wait(20) == 0
    assert is_free(port)


def test_killed_outright_it_takes_its_processes_along(site) -> None:
    port, server = site
    server.kill()
    server.wait(20)
    until(lambda: is_free(port), 5)
