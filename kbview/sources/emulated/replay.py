"""Replay: a capture as traffic, seen by one of the hosts in it."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import BinaryIO

from kbview.emulator.protocol.host import Host
from kbview.emulator.traffic import change
from kbview.packet.capture import CaptureError, open_capture
from kbview.packet.filter.filter_verdict import Verdict
from kbview.packet.frame import Flow, Frame, Protocol
from kbview.tape.source import SourceError

PRELUDE = 10_000  # frames that the host is chosen from
LOOP_PAUSE_PS = 1_000_000_000


class Replay:
    """An opened capture and its chosen host. `note` names the damage of the file, once it is read.

    `verdict` is a filter's; the other packets are passed over.
    """

    def __init__(
        self,
        path: str,
        wanted: str | None = None,
        stream: BinaryIO | None = None,
        *,
        verify: bool = True,
        verdict: Verdict | None = None,
    ) -> None:
        self._path = path
        self._verdict = verdict
        self._verify = verify
        self._capture = open_capture(path, stream, verdict)
        self._rest = self._capture.frames(verify=verify)
        self._prelude: list[list[Frame]] = []
        try:
            self.host = self._find_host(wanted)
        except (CaptureError, SourceError):
            self.close()
            raise

    def _find_host(self, wanted: str | None) -> Host:
        while sum(map(len, self._prelude)) < PRELUDE and (chunk := next(self._rest, None)):
            self._prelude.append(chunk)
        return choose_host([frame for chunk in self._prelude for frame in chunk], wanted)

    @property
    def note(self) -> str:
        """What was wrong with the file as far as it was read; "" if nothing."""
        return self._capture.note

    @property
    def mostly_tcp(self) -> bool:
        """Whether at least half of the first frames are TCP."""
        frames = [frame for chunk in self._prelude for frame in chunk]
        return 2 * sum(frame.flow.protocol is Protocol.TCP for frame in frames) >= len(frames) > 0

    def chunks(self) -> Iterator[list[Frame]]:
        """All frames, once."""
        return chain(self._prelude, self._rest)

    def endless(self) -> Iterator[list[Frame]]:
        """All frames over and over, the file opened anew each time."""
        makers: Iterator[Callable[[], Iterable[list[Frame]]]] = iter([self.chunks])

        def once() -> Iterable[list[Frame]]:
            return next(makers, self._reopened)()

        return change.again(once, LOOP_PAUSE_PS)

    def close(self) -> None:
        """Close the file."""
        self._capture.close()

    def _reopened(self) -> Iterator[list[Frame]]:
        self._capture.close()
        self._capture = open_capture(self._path, verdict=self._verdict)
        return self._capture.frames(verify=self._verify)


def choose_host(frames: list[Frame], wanted: str | None) -> Host:
    """The host that the capture is seen by: the named host, else the receiver of most frames.

    `wanted` is an IP address or a MAC address in text. SourceError if no frame is to or from it.
    """
    seen = Counter(frame.flow for frame in frames)
    if wanted is not None and _mac(wanted) is not None:
        return _host_of_mac(seen, wanted)
    to: Counter[str] = Counter()
    for flow, count in seen.items():
        if flow.destination and not _is_group(flow):
            to[flow.destination] += count
    if wanted is None:
        if not to:
            return _host_of_busiest_mac(seen)
        wanted = max(to, key=lambda address: to[address])
    macs = {flow.destination_mac for flow in seen if flow.destination == wanted and not _is_group(flow)}
    macs |= {flow.source_mac for flow in seen if flow.source == wanted}
    if not macs:
        known = ", ".join(address for address, _ in to.most_common(3)) or "none"
        raise SourceError(
            f"--host {wanted}: no frame is to or from it; most go to {known}", exit_code=2
        )
    return Host(frozenset(macs), frozenset([wanted]))


def _is_group(flow: Flow) -> bool:
    return bool(flow.destination_mac[0] & 1)


def _mac(text: str) -> bytes | None:
    try:
        mac = bytes.fromhex(text.replace(":", "").replace("-", ""))
    except ValueError:
        return None
    return mac if len(mac) == 6 and text.count(":") + text.count("-") == 5 else None


def _host_of_mac(seen: Counter[Flow], wanted: str) -> Host:
    mac = _mac(wanted) or b""
    addresses = {flow.destination for flow in seen if flow.destination_mac == mac}
    addresses |= {flow.source for flow in seen if flow.source_mac == mac}
    if not addresses:
        raise SourceError(f"--host {wanted}: no frame is to or from it", exit_code=2)
    return Host(frozenset([mac]), frozenset(addresses - {""}))


def _host_of_busiest_mac(seen: Counter[Flow]) -> Host:
    to: Counter[bytes] = Counter()
    for flow, count in seen.items():
        if not _is_group(flow):
            to[flow.destination_mac] += count
    return Host(frozenset(mac for mac, _ in to.most_common(1)), frozenset())
