"""Many processes under one: honcho, with nothing left behind however it ends."""

import os
import shlex
import signal
from contextlib import suppress
from functools import partial
from multiprocessing import parent_process

import honcho.manager
import honcho.process

from hub.servers import Server, die_with_parent

# A task under way may finish; what is cut short after that is taken up again from its Job row.
honcho.manager.KILL_WAIT = 15


class MortalProcess(honcho.process.Process):
    """A process that ends with its supervisor, also when that is killed without a word."""

    def run(self, events=None, ignore_signals: bool = False) -> None:
        above = parent_process()  # honcho runs this in a process of its own, between us and the child
        die_with_parent(signal.SIGKILL, above.pid if above else None)
        mortal = partial(die_with_parent, parent=os.getpid())
        self._child_ctor = partial(honcho.process.Popen, preexec_fn=mortal)
        super().run(events, ignore_signals)


class Supervisor(honcho.manager.Manager):
    """Runs processes until it is told to stop or one of them ends; `errand` may end by itself."""

    def __init__(self, errand: str) -> None:
        super().__init__()
        self._process_ctor = MortalProcess
        self.errand = errand

    def add(self, name: str, command: list[str], env: dict[str, str]) -> None:
        """Add a program and its arguments; its output is prefixed with `name`."""
        # exec: signals go to the program, not to a shell around it.
        self.add_process(name, f"exec {shlex.join(command)}", env=env)

    def run(self, servers: dict[str, Server]) -> str | None:
        """Run all until the end. Answers the name of the process or server that ended by itself, or None."""
        self.ended: list[str] = []
        self.servers = servers
        self.loop()
        asked = self.returncode in {known["rc"] for known in honcho.manager.SIGNALS.values()}
        return None if asked else self.ended[0]

    def _any_stopped(self) -> bool:
        stopped = [name for name, process in self._processes.items() if "returncode" in process]
        stopped += [name for name, server in self.servers.items() if server.poll() is not None]
        self.ended += [name for name in stopped if name not in (*self.ended, self.errand)]
        return bool(self.ended)

    def _system_print(self, data: str) -> None:
        if data != f"{self.errand} stopped (rc=0)\n":  # "hub stopped" would frighten people
            super()._system_print(data)

    def _killall(self, force: bool = False) -> None:
        # Politely only the program itself: a pool tells its own children, and a child of
        # Celery's that gets SIGTERM drops its task. By force the whole group, so that none is left.
        for process in self._processes.values():
            if "pid" in process and "returncode" not in process:
                with suppress(ProcessLookupError):
                    os.killpg(process["pid"], signal.SIGKILL) if force else os.kill(process["pid"], signal.SIGTERM)
