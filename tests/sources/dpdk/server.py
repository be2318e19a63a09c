"""A telemetry server of our own, that says what a test wants."""

import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

Answers = dict[str, Any]


class Server:
    """Listens like a DPDK application. `answers` maps a question to a value, or to raw bytes."""

    def __init__(self, path: Path, answers: Answers, pid: int = 0) -> None:
        self.answers = answers
        self.greeting: Any = {"version": "DPDK 99.11", "pid": pid, "max_output_len": 16384}
        self.asked: list[str] = []
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listening.bind(str(path))
        self._listening.listen()
        self._clients: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                self._clients.append(client)
                self._threads.append(threading.Thread(target=self._serve, args=[client], daemon=True))
                self._threads[-1].start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.send(_bytes(self.greeting))
            while question := client.recv(1024).decode():
                self.asked.append(question)
                answer = self.answers.get(question)
                command = question.partition(",")[0]
                client.send(answer if isinstance(answer, bytes) else _bytes({command: answer}))

    def stop(self) -> None:
        """End as a killed application does: everybody is hung up on, the socket stays."""
        for each in (self._listening, *self._clients):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join(5)


def _bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else json.dumps(value).encode()


@contextlib.contextmanager
def serving(path: Path, answers: Answers, pid: int = 0) -> Iterator[Server]:
    """A server for as long as it is needed."""
    server = Server(path, answers, pid)
    try:
        yield server
    finally:
        server.stop()


def port(packets: int, **stats: int) -> Answers:
    """The answers of an application with one port that has received so many packets."""
    counts = {"ipackets": packets, "opackets": packets // 2, "ibytes": 60 * packets, **stats}
    return {
        "/ethdev/list": [0],
        "/ethdev/info,0": {"name": "net_null0", "nb_rx_queues": 2, "nb_tx_queues": 1},
        "/ethdev/stats,0": counts,
        "/ethdev/xstats,0": {"rx_q0_packets": packets, "rx_q1_packets": 0},
        "/mempool/list": ["pool"],
        "/mempool/info,pool": {"name": "pool", "size": 4096},
    }
