"""What is in a hub that is tried: its rows, its queues, the jobs that are left."""

import time
from pathlib import Path
from typing import Any

import psycopg2
import redis
from celery import Celery

from hub import embedded


class Contents:
    """What a Hub is asked about itself, past its own processes."""

    sockets: Path
    redis_socket: Path
    redis_url: str

    def rows(self, query: str, *values: Any) -> list[tuple]:
        """The answer of the hub's own database, over a connection of its own; a change is committed."""
        connection = psycopg2.connect(host=str(self.sockets), user="hub", dbname="hub")
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(query, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def value(self, query: str, *values: Any) -> Any:
        """The one value of one row."""
        return self.rows(query, *values)[0][0]

    def broker(self) -> redis.Redis:
        """The Redis of its queues."""
        return redis.Redis(unix_socket_path=str(self.redis_socket))

    def ring(self, task: str, *arguments: Any, queue: str, times: int = 1) -> None:
        """Send so many messages of a task, as the site and beat do."""
        with Celery("faults", broker=embedded.broker_url(self.redis_url), set_as_current=False) as app:
            app.conf.task_ignore_result = True
            for _ in range(times):
                app.send_task(f"workers.{task}", arguments, queue=queue)

    def live(self, *besides: str) -> int:
        """How many jobs are queued or running, those of some kinds aside."""
        return self.value(
            "SELECT count(*) FROM hub_job WHERE state IN ('queued', 'running') AND NOT kind = ANY (%s)", list(besides)
        )

    def settled(self, seconds: float, *besides: str) -> float:
        """Wait until no job is left; how many seconds it took. Fails after so many, naming what is left."""
        begun = time.monotonic()
        while self.live(*besides):
            if time.monotonic() - begun > seconds:
                left = self.rows("SELECT kind, state, attempt, error FROM hub_job WHERE state IN ('queued', 'running')")
                raise AssertionError(f"After {seconds} s there are left: {left[:20]}")
            time.sleep(0.2)
        return time.monotonic() - begun
