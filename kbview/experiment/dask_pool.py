"""A pool on a Dask cluster: `tcp://HOST:PORT` of a scheduler, or `local:N` for N workers of our own.

Dask measures a point again if its worker is lost, and goes on with the workers that are left. Each
worker must run the same program as this one: its identity is asked before the first point is sent.
"""

import logging
import re
from collections.abc import Generator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, suppress
from multiprocessing import active_children
from multiprocessing.process import BaseProcess
from typing import Any

from kbview.experiment.extra import missing
from kbview.experiment.point import Point, Result
from kbview.experiment.pool import PointError, Pool, attempt
from kbview.experiment.program import identity
from kbview.experiment.shift import sigint_blocked

LOCAL = "local:"
_ADDRESS = re.compile(r"(tcp|tls|ws|wss)://([^/:\s]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}")
_MOST_WORKERS = 256
_WAIT_S = 10  # for a scheduler to answer
_END_S = 5
_WORKER = "Dask Worker process (from Nanny)"  # as distributed names it
_RETRIES = 3  # times that a point may lose its worker


class ClusterError(Exception):
    """A cluster that cannot be used: one line with its address and the reason."""


class DaskPool(Pool):
    """Measures points on the cluster with that address. Errors: ClusterError from `measure` as well."""

    def __init__(self, address: str) -> None:
        try:
            import distributed
        except ImportError:
            raise ClusterError(missing("--cluster", "distributed")) from None
        self._dask: Any = distributed
        self._address = address
        self._workers = _workers(address)
        self._opened = ExitStack()
        self._client: Any = None
        self._nannies: list[Any] = []
        self._others: set[BaseProcess] = set()  # workers of other pools of this program

    def measure(self, points: Sequence[Point]) -> Generator[tuple[int, Result], None, None]:
        if not points:
            return
        if self._client is None:
            for name in ("distributed", "distributed.client"):  # the second has a level of its own
                logging.getLogger(name).setLevel(logging.CRITICAL + 1)
            with sigint_blocked():  # inherited by threads and workers
                self._client = self._connect(self._opened)
            self._compare(self._client)
        places = {}
        try:
            for place, point in enumerate(points):
                places[self._client.submit(attempt, point, pure=False)] = place
            for future in self._dask.as_completed(list(places), loop=self._client.loop):
                yield places[future], self._result(places[future], future)
                future.release()
        except BaseException:
            self._kill()
            self.close()
            raise

    def close(self) -> None:
        self._client = None
        self._opened.close()
        self._kill()  # workers of a cluster that has not closed in time

    def _kill(self) -> None:
        """End the workers of our own at once and wait for that; a cluster waits for their points."""
        running = {"init", "starting", "running"}
        for nanny in self._nannies:
            if nanny.status.name in running:  # in this state it closes when its worker has ended
                nanny.status = type(nanny.status).closing_gracefully
        # A worker that a nanny is just starting is known to multiprocessing alone.
        mine = set(active_children()) - self._others if self._nannies else set()
        for worker in [each for each in mine if each.name == _WORKER]:
            worker.kill()
            worker.join(_END_S)
        self._nannies = []

    def _result(self, place: int, future: Any) -> Result:
        try:
            answer: Result | str = future.result()
        except self._dask.KilledWorker as error:
            raise PointError(place, f"lost its worker {_RETRIES} times") from error
        except (OSError, CancelledError) as error:
            raise ClusterError(f"--cluster {self._address}: its scheduler has ended") from error
        if isinstance(answer, str):
            raise PointError(place, answer)
        return answer

    def _connect(self, stack: ExitStack) -> Any:
        import dask

        stack.enter_context(
            dask.config.set(
                {
                    "distributed.scheduler.allowed-failures": _RETRIES,
                    "distributed.worker.daemon": True,
                    "distributed.admin.log-length": 0,
                }
            )
        )
        address = self._start(stack) if self._workers else self._address
        try:
            client = self._dask.Client(address, timeout=_WAIT_S, set_as_default=False)
        except (OSError, ValueError, TimeoutError) as error:
            raise ClusterError(f"--cluster {address}: no scheduler answers: {error}") from error
        stack.callback(_end, client)
        return client

    def _start(self, stack: ExitStack) -> str:
        """Start workers of our own; the address of their scheduler."""
        self._others = set(active_children())
        try:
            cluster = self._dask.LocalCluster(
                n_workers=self._workers,
                threads_per_worker=1,
                host="127.0.0.1",
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
            )
        except (OSError, RuntimeError, TimeoutError) as error:
            reason = str(error).partition("\n")[0]
            raise ClusterError(f"--cluster {self._address}: cannot be started: {reason}") from error
        stack.callback(_end, cluster)
        self._nannies = list(cluster.workers.values())
        address: str = cluster.scheduler_address
        return address

    def _compare(self, client: Any) -> None:
        """Refuse workers that run another program: their results could differ."""
        try:
            programs = set(client.run(identity).values())
        except Exception as error:
            raise ClusterError(
                f"--cluster {self._address}: its workers lack kbview: {error}"
            ) from error
        if not programs:
            raise ClusterError(f"--cluster {self._address}: it has no workers")
        if programs != {identity()}:
            others = ", ".join(sorted(programs - {identity()}))
            raise ClusterError(
                f"--cluster {self._address}: its workers run kbview {others}, this is {identity()}"
            )


def _end(opened: Any) -> None:
    """Close a client or a cluster; one that does not answer in time is left to its own end."""
    with suppress(TimeoutError, OSError):
        opened.close(timeout=_END_S)


def _workers(address: str) -> int:
    """N of `local:N`, 0 for the address of a scheduler; ClusterError for anything else."""
    if address.startswith(LOCAL):
        digits = address.removeprefix(LOCAL)
        if digits.isascii() and digits.isdigit() and 1 <= int(digits[:6]) <= _MOST_WORKERS:
            return int(digits)
        raise ClusterError(f"--cluster {address}: write local:N with N from 1 to {_MOST_WORKERS}")
    if not _ADDRESS.fullmatch(address):
        raise ClusterError(f"--cluster {address}: write tcp://HOST:PORT or local:N")
    return 0
