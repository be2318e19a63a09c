"""A conversation with a DPDK application: a command goes out as text, a JSON object comes back.

DPDK: lib/telemetry/telemetry.c, doc/guides/howto/telemetry.rst. A command that the application does
not know is answered with null.
"""

import json
import socket
import struct
from pathlib import Path
from typing import Any

_PATIENCE_S = 1.0
_GREETING = 1024
_MOST = 1 << 20  # an answer of more bytes than the application announces is cut anyway


class TelemetryError(Exception):
    """The application does not answer, or not in the language of telemetry."""


class TelemetryClient:
    """Errors: TelemetryError, after which only `close` is of use."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._size = _GREETING
        try:
            self._connect(path)
            greeting = self._receive()
        except (OSError, TelemetryError) as error:
            self._socket.close()
            raise TelemetryError(f"{path}: {error}") from error
        self.version = text(greeting.get("version"))
        self.pid = whole(greeting.get("pid"))
        self._size = min(max(whole(greeting.get("max_output_len")), _GREETING), _MOST)

    def _connect(self, path: Path) -> None:
        """Wait in line: an application that just begins has a short queue and is not there yet."""
        seconds, fraction = divmod(_PATIENCE_S, 1)
        patience = struct.pack("@ll", int(seconds), int(fraction * 1e6))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, patience)
        self._socket.connect(str(path))
        self._socket.settimeout(_PATIENCE_S)

    def ask(self, command: str, *parameters: object) -> Any:
        """The value of the answer; None where the application has none."""
        question = ",".join([command, *map(str, parameters)])
        try:
            self._socket.send(question.encode())
            return self._receive().get(command)
        except OSError as error:
            raise TelemetryError(f"{command}: {error}") from error

    def _receive(self) -> dict[str, Any]:
        data = self._socket.recv(self._size)
        if not data:
            raise TelemetryError("the application hung up")
        try:
            answer = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise TelemetryError("the answer is no JSON") from error
        if not isinstance(answer, dict):
            raise TelemetryError("the answer is no JSON object")
        return answer

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


def whole(value: object) -> int:
    """A count; newer applications write some numbers as hexadecimal text. 0 for anything else."""
    if isinstance(value, str) and len(value) <= 18:
        try:
            value = int(value, 16 if value.startswith("0x") else 10)
        except ValueError:
            return 0
    return max(0, value) if isinstance(value, int) and not isinstance(value, bool) else 0


def text(value: object) -> str:
    """A name; "" for anything else."""
    return value if isinstance(value, str) else ""


def table(value: object) -> dict[str, Any]:
    """An object; empty for anything else."""
    return value if isinstance(value, dict) else {}


def row(value: object) -> list[Any]:
    """An array; empty for anything else."""
    return value if isinstance(value, list) else []
