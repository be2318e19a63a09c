"""Packets and bytes that came to each socket since watching began, by the socket's cookie.

TCP     tcp_info: segments that came in, pure ACKs among them, and bytes of text
UDP     datagrams that were read, where a program may count them; else unknown
"""

import contextlib
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from kbview.sources.linux.bpf.socket_reads import SocketReads
from kbview.sources.linux.socket_state import SocketProtocol, SocketState

_MODULUS = 1 << 32  # tcpi_segs_in


class SocketIntake(NamedTuple):
    """Packets and bytes that came to a socket; None where nobody counts them."""

    packets: int | None = None
    bytes: int | None = None


class _Segments(msgspec.Struct):
    """Of a connection: its segments when it was last looked at, and in all; its bytes at the start."""

    last: int
    total: int
    bytes_since: int


class SocketTotals:
    """Counts from the first look on. `reads` is None where no program counts datagrams."""

    def __init__(self, reads: SocketReads | None) -> None:
        self._reads = reads
        self._segments: dict[int, _Segments] = {}
        self._first = True

    def look(self, states: Iterable[SocketState]) -> dict[int, SocketIntake]:
        """All sockets of the namespace as they are now, each with its totals by its cookie."""
        states = [state for state in states if state.cookie]
        found = self._of_datagrams(states)
        kept: dict[int, _Segments] = {}
        for state in states:
            if state.arrived is not None:
                kept[state.cookie] = segments = self._counted(state, state.arrived)
                grown = (state.arrived_bytes or 0) - segments.bytes_since
                found[state.cookie] = SocketIntake(segments.total, max(0, grown))
        self._segments, self._first = kept, False
        return found

    def _of_datagrams(self, states: list[SocketState]) -> dict[int, SocketIntake]:
        cookies = [state.cookie for state in states if state.protocol is SocketProtocol.UDP]
        if self._reads is not None:
            with contextlib.suppress(OSError):  # rights were given up, and this kernel asks for them
                counts = self._reads.counts(cookies)
                return {cookie: SocketIntake(count) for cookie, count in counts.items()}
        return {}

    def _counted(self, state: SocketState, arrived: int) -> _Segments:
        """A connection that was there at the first look begins at 0, a later one with all it had."""
        was = self._segments.get(state.cookie)
        if was is None:
            if self._first:
                return _Segments(arrived, 0, state.arrived_bytes or 0)
            return _Segments(arrived, arrived, 0)
        return _Segments(arrived, was.total + (arrived - was.last) % _MODULUS, was.bytes_since)

    def close(self) -> None:
        """Count no more datagrams."""
        if self._reads is not None:
            self._reads.close()
