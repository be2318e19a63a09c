"""A socket as the kernel shows it: whose it is, its state, what waits in its queues."""

import ipaddress
from enum import IntEnum, StrEnum
from typing import NamedTuple


class SocketProtocol(StrEnum):
    """Which table it is in."""

    TCP = "tcp"
    UDP = "udp"


class TcpState(IntEnum):
    """A state of TCP, as numbered in include/net/tcp_states.h; an unconnected UDP socket is CLOSE."""

    UNKNOWN = 0
    ESTABLISHED = 1
    SYN_SENT = 2
    SYN_RECV = 3
    FIN_WAIT1 = 4
    FIN_WAIT2 = 5
    TIME_WAIT = 6
    CLOSE = 7
    CLOSE_WAIT = 8
    LAST_ACK = 9
    LISTEN = 10
    CLOSING = 11
    NEW_SYN_RECV = 12

    @classmethod
    def of(cls, code: int) -> "TcpState":
        """The state of a number; UNKNOWN for a number without a state."""
        return cls(code) if code in cls._value2member_map_ else cls.UNKNOWN


class SocketAddress(NamedTuple):
    """Address and port."""

    address: str
    port: int

    @classmethod
    def of(cls, raw: bytes, port: int) -> "SocketAddress":
        """From an address of 4 or 16 bytes; an IPv4 one in IPv6's clothes is shown as what it is."""
        address = ipaddress.ip_address(raw)
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        return cls(str(mapped or address), port)


class SocketState(NamedTuple):
    """Queues are bytes: `received` not read yet, `unsent` not acknowledged yet.

    Of a listening socket they are connections: waiting to be accepted, and the most that may wait.
    `truesize` and `rcvbuf` are what the kernel charges the receive queue with, and its limit; None
    where it does not tell. `cgroup` is the number of the cgroup that it was made in, 0 if unknown.
    `drops` are packets dropped at the receive queue. `arrived` counts TCP's segments modulo 2^32,
    `arrived_bytes` their text; None of UDP. `cookie` names a socket while it lives, 0 if unknown.
    """

    protocol: SocketProtocol
    local: SocketAddress
    remote: SocketAddress
    state: TcpState
    received: int
    unsent: int
    inode: int
    drops: int | None = None
    truesize: int | None = None
    rcvbuf: int | None = None
    cgroup: int = 0
    cookie: int = 0
    arrived: int | None = None
    arrived_bytes: int | None = None

    @property
    def name(self) -> str:
        """Such as `tcp :22 10.0.0.7:51234`, `udp :53` or `tcp :80 accept`, which listens."""
        if self.state is TcpState.LISTEN:
            return f"{self.protocol} :{self.local.port} accept"
        if not self.remote.port:
            return f"{self.protocol} :{self.local.port}"
        address = f"[{self.remote.address}]" if ":" in self.remote.address else self.remote.address
        return f"{self.protocol} :{self.local.port} {address}:{self.remote.port}"
