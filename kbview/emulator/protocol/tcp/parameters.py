"""The parameters of a host's TCP. Defaults and names are Linux's."""

from dataclasses import dataclass
from typing import Annotated

import msgspec

from kbview.emulator.keys import MOST, Keys, meaning, number

_MS_PS = 1_000_000_000
_S_PS = 1_000_000_000_000
MAX_WSCALE = 14  # RFC 7323, 2.3
DEFAULT_SEND_MSS = 536  # RFC 9293, 3.7.1: for a peer that names none


@dataclass(frozen=True, kw_only=True)
class TcpSettings(Keys):
    """TCP of the host. Defaults are Linux's tcp_rmem and somaxconn (since 5.4)."""

    mss: Annotated[
        int, number("largest segment that the host offers to take", "bytes", ge=88, le=9000)
    ] = 1460
    tcp_rcvbuf: Annotated[
        int,
        number(
            "receive buffer of a connection before tuning (tcp_rmem); half of it is the window",
            "bytes",
            ge=2304,
            le=MOST,
        ),
    ] = 131_072
    tcp_sndbuf: Annotated[
        int, number("send buffer of an established connection (tcp_wmem)", "bytes", ge=4608, le=MOST)
    ] = 87_040
    somaxconn: Annotated[
        int, number("established connections that wait for accept()", "connections", ge=1, le=65_535)
    ] = 4096
    closed_ports: tuple[
        Annotated[int, number("ports of the host at which no socket is bound", ge=1, le=65_535)], ...
    ] = ()
    replay_acks: Annotated[
        bool, meaning("whether cores pay for the ACKs that the host of a capture sent")
    ] = True


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sizes in bytes, times in picoseconds.

    Linux: include/net/tcp.h TCP_INIT_CWND, TCP_RTO_MIN, TCP_RTO_MAX, TCP_TIMEOUT_INIT, TCP_DELACK_MIN,
    TCP_MAX_QUICKACKS, TCP_TIMEWAIT_LEN; net.ipv4 tcp_rmem, tcp_syn_retries, tcp_synack_retries,
    tcp_retries2, tcp_invalid_ratelimit. `wscale` of None is the least that `rcvbuf` needs.
    """

    mss: int = 1460
    rcvbuf: int = 65_536  # half of tcp_rmem 131072; the other half is for overhead
    wscale: int | None = None
    window_scaling: bool = True
    initial_window: int = 10  # segments, RFC 6928
    nagle: bool = False
    sack: bool = True  # net.ipv4.tcp_sack
    quick_acks: int = 0  # segments that are acknowledged at once after the handshake
    pingpong: bool = True  # once this side answers, its ACKs wait for the answers
    acks_when_read: bool = True  # an ACK that would close the window waits for the reader
    delayed_ack_ps: int = 40 * _MS_PS
    rto_initial_ps: int = _S_PS
    rto_min_ps: int = 200 * _MS_PS  # RFC 6298 would have a second
    rto_max_ps: int = 120 * _S_PS
    rto_after_syn_lost_ps: int = 3 * _S_PS  # RFC 6298, 5.7
    syn_retries: int = 6
    retries: int = 15
    time_wait_ps: int = 60 * _S_PS  # RFC 9293 has 2 MSL = 4 minutes
    challenge_gap_ps: int = 500 * _MS_PS

    @property
    def scale(self) -> int:
        """The window scale that this host offers, bits."""
        if self.wscale is not None:
            return self.wscale
        return min(max(0, self.rcvbuf.bit_length() - 16), MAX_WSCALE)
