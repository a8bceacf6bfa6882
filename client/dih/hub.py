"""Talk to a hub: requests that are tried again, pages of lists, waiting for work."""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from dih.failures import AWAY, NOT_FOUND, REFUSED, Failure

TRIES = 5
# The hub counts requests by the minute.
PATIENCE = 60.0
# What a proxy or a hub answers while it is catching its breath, or somebody asks too fast.
PASSING = {502, 503, 504}


class Hub:
    """A hub at an address, asked with a token or without."""

    def __init__(self, url: str, token: str = "", timeout: float = 60) -> None:  # nosec B107
        try:
            self.base = httpx.URL(url.rstrip("/"))
        except httpx.InvalidURL as error:
            raise Failure(AWAY, "bad_address", f"{url} is not the address of a hub: {error}.") from None
        headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        transport = httpx.HTTPTransport(retries=2)
        self.http = httpx.Client(headers=headers, timeout=timeout, transport=transport, follow_redirects=True)

    def __enter__(self) -> "Hub":
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def at(self, address: str) -> httpx.URL:
        """An address below /api/v1, or one the hub told, on the hub we know: a token goes nowhere else."""
        if not address.startswith("http"):
            return self.base.copy_with(raw_path=f"{self.base.path.rstrip('/')}/api/v1{address}".encode())
        return self.base.copy_with(raw_path=httpx.URL(address).raw_path)

    def get(self, address: str, **query: Any) -> Any:
        """The JSON at an address. Raises Failure."""
        url = self.at(address).copy_merge_params({name: value for name, value in query.items() if value})
        return answer(self._ask("GET", url))

    def post(self, address: str, json: Any = None, **form: Any) -> Any:
        """The answer to a POST, which is tried again under one key, so that nothing happens twice. Raises Failure."""
        headers = {"Idempotency-Key": str(uuid.uuid4())}
        return answer(self._ask("POST", self.at(address), headers=headers, **(form or {"json": json or {}})))

    def pages(self, address: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Every item of a list, page after page."""
        page = self.get(address, **query)
        yield from page["items"]
        while page["next"]:
            page = self.get(page["next"])
            yield from page["items"]

    @contextmanager
    def stream(self, address: str, **headers: str) -> Iterator[httpx.Response]:
        """The bytes at an address, as they lie there. Raises Failure; what breaks on the way is httpx's to raise."""
        with self.http.stream("GET", self.at(address), headers={"Accept-Encoding": "identity", **headers}) as response:
            if response.is_error:
                response.read()
                raise problem(response)
            yield response

    def wait(self, address: str, over: Callable[[Any], bool], told: Callable[[Any], None] = lambda _: None) -> Any:
        """What is at an address once `over` holds of it; `told` hears each answer."""
        pause = 0.1
        while True:
            found = self.get(address)
            told(found)
            if over(found):
                return found
            time.sleep(pause)
            pause = min(pause * 1.5, 3)

    def _ask(self, method: str, url: httpx.URL, **options: Any) -> httpx.Response:
        for attempt in range(TRIES):
            last = attempt == TRIES - 1
            try:
                response = self.http.request(method, url, **options)
            except httpx.TransportError as error:
                if last:
                    raise away(self.base, error) from None
                rewind(options)
                time.sleep(pause(attempt))
                continue
            if not response.is_error:
                return response
            if last or not passing(response):
                break
            rewind(options)
            time.sleep(pause(attempt, response.headers.get("Retry-After", "")))
        raise problem(response)


def answer(response: httpx.Response) -> Any:
    """The JSON of an answer. Raises Failure for a page, which is what others than hubs answer with."""
    try:
        return response.json()
    except ValueError:
        raise no_hub(response) from None


def no_hub(response: httpx.Response) -> Failure:
    """Somebody else answered."""
    title = f"{response.url.host} answered {response.status_code}, and not as a hub."
    return Failure(AWAY, "no_hub", title, "Check --hub or DIH_HUB.", response.status_code)


def rewind(options: dict[str, Any]) -> None:
    """Let the files of a form be read once more."""
    for _, file in options.get("files", {}).values():
        file.seek(0)


def passing(response: httpx.Response) -> bool:
    """Whether the same request may go through a little later."""
    return (
        response.status_code in PASSING
        or (response.status_code == 409 and "key_in_use" in response.text)
        or (response.status_code == 429 and "Retry-After" in response.headers)
    )


def pause(attempt: int, asked: str = "") -> float:
    """Seconds to wait before the next try: what the hub asked for, or longer each time."""
    return min(float(asked) if asked.isdigit() else 0.25 * 2**attempt, PATIENCE)


def away(base: httpx.URL | str, error: Exception) -> Failure:
    """The hub was not reached."""
    return Failure(AWAY, "away", f"{base} was not reached: {error}.", "Check --hub or DIH_HUB, and the network.")


def problem(response: httpx.Response) -> Failure:
    """What a hub's refusal means to us."""
    try:
        told = response.json()
        code, title, detail = str(told["code"]), str(told["title"]), str(told["detail"])
    except (ValueError, TypeError, KeyError):
        return no_hub(response)
    status = response.status_code
    exit = AWAY if status >= 500 else NOT_FOUND if status in (401, 403, 404, 410) else REFUSED
    return Failure(exit, code, title, detail, status)
