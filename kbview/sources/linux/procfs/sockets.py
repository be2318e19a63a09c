"""/proc/net/{tcp,tcp6,udp,udp6}: every socket with its queues. Linux: net/ipv4/tcp_ipv4.c, udp.c

It is the second choice: sock_diag knows the buffers' limits as well, and the drops of TCP's sockets.
"""

import sys
from collections.abc import Iterator

from kbview.sources.linux.procfs.file import number
from kbview.sources.linux.socket_state import SocketAddress, SocketProtocol, SocketState, TcpState

_LEAST_COLUMNS = 10
_DROPS = 12  # of UDP; in TCP's tables the retransmission timeout stands there


def parse(text: str, protocol: SocketProtocol) -> Iterator[SocketState]:
    """The sockets of one of these files."""
    counts_drops = protocol is SocketProtocol.UDP
    for line in text.splitlines()[1:]:
        words = line.split()
        if len(words) < _LEAST_COLUMNS:
            continue
        local, remote = _endpoint(words[1]), _endpoint(words[2])
        sent, colon, received = words[4].partition(":")
        if local is None or remote is None or not colon:
            continue
        yield SocketState(
            protocol,
            local,
            remote,
            TcpState.of(number(words[3], 16)),
            received=number(received, 16),
            unsent=number(sent, 16),
            inode=number(words[9]),
            drops=number(words[_DROPS]) if counts_drops and len(words) > _DROPS else None,
        )


def _endpoint(word: str) -> SocketAddress | None:
    """`0100007F:0016`: each 32-bit word of the address in the machine's byte order, then the port."""
    address, _, port = word.partition(":")
    try:
        raw = bytes.fromhex(address)
    except ValueError:
        return None
    if len(raw) not in (4, 16):
        return None
    if sys.byteorder == "little":
        raw = b"".join(raw[at : at + 4][::-1] for at in range(0, len(raw), 4))
    return SocketAddress.of(raw, number(port, 16) & 0xFFFF)
