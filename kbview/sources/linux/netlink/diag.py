"""sock_diag: every TCP and UDP socket with its queues, their charge and their limit; no root needed.

Linux: include/uapi/linux/inet_diag.h, sock_diag.h, tcp.h (struct tcp_info). Of UDP the kernel may lack
it (INET_UDP_DIAG).
"""

import struct
import sys
from collections.abc import Iterable, Iterator

from kbview.sources.linux.netlink.message import Message, attributes, request
from kbview.sources.linux.socket_state import SocketAddress, SocketProtocol, SocketState, TcpState

NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_INET_DIAG_INFO = 2
_INET_DIAG_SKMEMINFO = 7
_INET_DIAG_CGROUP_ID = 21
AF_INET, AF_INET6 = 2, 10
_IPPROTO = {SocketProtocol.TCP: 6, SocketProtocol.UDP: 17}
_REQUEST = struct.Struct("=BBBxI48x")  # family, protocol, wanted attributes, states, id
# family, state, timer, retransmits; ports (big-endian); addresses; interface, cookie; then expires,
# receive queue, write queue, uid, inode
_SOCKET = struct.Struct("=BBxx2s2s16s16s4xQIIIII")
_TCP_INFO = struct.Struct(
    "=128xQ4xI"
)  # tcpi_bytes_received (since Linux 4.1), tcpi_segs_in (since 4.2)
_MEMORY = struct.Struct("=9I")  # rmem_alloc, rcvbuf, ..., backlog, drops
_ALL_BUT_ENDING = (1 << 12) - 1 & ~(1 << TcpState.TIME_WAIT | 1 << TcpState.SYN_RECV)


def socket_request(family: int, protocol: SocketProtocol, *, totals: bool = False) -> bytes:
    """Asks for all sockets of a family and protocol; `totals`: with the segments and bytes of TCP's."""
    wanted = 1 << _INET_DIAG_SKMEMINFO - 1
    if totals:
        wanted |= 1 << _INET_DIAG_INFO - 1
    body = _REQUEST.pack(family, _IPPROTO[protocol], wanted, _ALL_BUT_ENDING)
    return request(_SOCK_DIAG_BY_FAMILY, body)


def sockets_of(answer: Iterable[Message], protocol: SocketProtocol) -> Iterator[SocketState]:
    """The sockets in an answer; a number that the kernel left out is None."""
    for message in answer:
        if message.kind != _SOCK_DIAG_BY_FAMILY or len(message.body) < _SOCKET.size:
            continue
        family, state, sport, dport, source, destination, *numbers = _SOCKET.unpack_from(message.body)
        cookie, _, received, unsent, _, inode = numbers
        size = 4 if family == AF_INET else 16
        beside = attributes(message.body[_SOCKET.size :])
        told = beside.get(_INET_DIAG_SKMEMINFO, b"")
        memory = _MEMORY.unpack_from(told) if len(told) >= _MEMORY.size else None
        arrived_bytes, arrived = _arrived(beside.get(_INET_DIAG_INFO, b""), state, protocol)
        yield SocketState(
            protocol,
            SocketAddress.of(source[:size], int.from_bytes(sport, "big")),
            SocketAddress.of(destination[:size], int.from_bytes(dport, "big")),
            TcpState.of(state),
            received=received,
            unsent=unsent,
            inode=inode,
            drops=memory[8] if memory else None,
            truesize=memory[0] if memory else None,
            rcvbuf=memory[1] if memory else None,
            cgroup=int.from_bytes(beside.get(_INET_DIAG_CGROUP_ID, b""), sys.byteorder),
            cookie=cookie,
            arrived=arrived,
            arrived_bytes=arrived_bytes,
        )


def _arrived(told: bytes, state: int, protocol: SocketProtocol) -> tuple[int | None, int | None]:
    """Bytes and segments of a connection; (None, None) where the kernel does not tell them.

    tcp_get_info() leaves both at 0 for a listening socket.
    """
    if protocol is not SocketProtocol.TCP or state == TcpState.LISTEN or len(told) < _TCP_INFO.size:
        return None, None
    arrived_bytes, arrived = _TCP_INFO.unpack_from(told)
    return arrived_bytes, arrived
