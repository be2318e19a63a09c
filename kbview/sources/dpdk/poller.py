"""The poller: a thread that asks an application in rounds, and waits for it to come back.

A thread, because an application that hangs lets us wait a second, and the screen must not.
"""

import threading
from collections.abc import Callable
from pathlib import Path

from kbview.sources.dpdk.client import TelemetryClient, TelemetryError
from kbview.sources.dpdk.snapshot import Snapshot, take
from kbview.sources.watching.clock import WatchClock
from kbview.tape.events import SourceNoted

_PERIOD_S = 0.1
_AGAIN_S = 0.5
_MOST = 3_000  # rounds that wait for a viewer in slow motion; then every other one goes

GONE = "the application is gone; its last numbers stay until it is back"
News = Snapshot | SourceNoted


class Poller:
    """Owns the client. News carry the time at which they were asked for."""

    def __init__(self, path: Path, client: TelemetryClient, clock: WatchClock) -> None:
        self._path = path
        self._client: TelemetryClient | None = client
        self._clock = clock
        self._news: list[News] = []
        self._asking_since_ps: int | None = None
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kbview-telemetry", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def settled_ps(self) -> int:
        """Up to when the news are complete: a question that is under way may still bring some."""
        with self._lock:
            now_ps = self._clock.now_ps()
            return now_ps if self._asking_since_ps is None else self._asking_since_ps - 1

    def take(self, until_ps: int) -> list[News]:
        """The news up to then, in order, once."""
        with self._lock:
            due = [each for each in self._news if each.time_ps <= until_ps]
            self._news = self._news[len(due) :]
            return due

    def close(self) -> None:
        """Stop asking and hang up."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()
        if self._client is not None:
            self._client.close()
            self._client = None

    def _run(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                self._asking_since_ps = now_ps = self._clock.now_ps()
            news = self._ask(now_ps)
            with self._lock:
                self._asking_since_ps = None
                self._news += news
                if len(self._news) > _MOST:
                    self._news = self._thinned()
            self._stop.wait(_PERIOD_S if self._client else _AGAIN_S)

    def _thinned(self) -> list[News]:
        rounds = [each for each in self._news if isinstance(each, Snapshot)]
        gone = set(map(id, rounds[:-1:2]))
        return [each for each in self._news if id(each) not in gone]

    def _ask(self, now_ps: int) -> list[News]:
        """A round of an application that is there, or a look whether it is back."""
        if self._client is None:
            return _attempt(self._greet)
        client = self._client
        news = _attempt(lambda: [take(client, now_ps)])
        if not news:
            client.close()
            self._client = None
            return [SourceNoted(now_ps, GONE)]
        return news

    def _greet(self) -> list[News]:
        self._client = TelemetryClient(self._path)
        said = f"{self._client.version}, process {self._client.pid}"
        return [SourceNoted(self._clock.now_ps(), f"the application is back: {said}")]


def _attempt(act: Callable[[], list[News]]) -> list[News]:
    """What it brings; nothing if the application does not answer."""
    try:
        return act()
    except TelemetryError:
        return []
