"""The words pid and cgroup of a filter, answered by the sockets of this network namespace.

A packet is a process's if one of its ends is a socket that the process has open. Sockets come and go,
so the answer holds for a moment; sock_diag and /proc/PID/fd give it.
"""

from collections.abc import Iterable
from pathlib import Path

from kbview.packet.filter.filter_parser import parse_filter
from kbview.packet.filter.filter_tree import EVERYTHING, Fact, Negated, Some, Tree, facts, replaced
from kbview.sources.linux.netlink.diag import (
    AF_INET,
    AF_INET6,
    NETLINK_SOCK_DIAG,
    socket_request,
    sockets_of,
)
from kbview.sources.linux.netlink.socket import NetlinkSocket
from kbview.sources.linux.owner import sockets_of_process
from kbview.sources.linux.socket_state import SocketProtocol, SocketState

OF_SOCKETS = frozenset({"pid", "cgroup"})
_MOUNTS = Path("/proc/self/mounts")
_ANYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not bound to


def all_sockets() -> list[SocketState]:
    """The sockets of this thread's namespace. Raises OSError where there is no sock_diag."""
    diag = NetlinkSocket(NETLINK_SOCK_DIAG)
    try:
        return [
            state
            for family in (AF_INET, AF_INET6)
            for protocol in SocketProtocol
            for state in sockets_of(diag.ask(socket_request(family, protocol)), protocol)
        ]
    finally:
        diag.close()


def with_sockets(tree: Tree, sockets: Iterable[SocketState]) -> Tree:
    """The tree with the packets of the sockets in the place of pid and cgroup."""
    sockets = list(sockets)
    asked = {fact for fact in facts(tree) if fact.word in OF_SOCKETS}
    return replaced(tree, {fact: _packets(owned(fact, sockets)) for fact in asked})


def owned(fact: Fact, sockets: Iterable[SocketState]) -> list[SocketState]:
    """The sockets that a process has open, or that were made in a cgroup."""
    if fact.word == "pid":
        inodes = set(sockets_of_process(fact.value))
        return [state for state in sockets if state.inode in inodes]
    number = cgroup_number(fact.value)
    return [state for state in sockets if number and state.cgroup == number]


def cgroup_number(name: str) -> int:
    """The number of a cgroup by its path below the mount of cgroup2; 0 if there is none."""
    if name.isdecimal():
        return int(name)
    try:
        mounts = [line.split() for line in _MOUNTS.read_text(encoding="utf-8").splitlines()]
        place = next(Path(words[1]) for words in mounts if words[2] == "cgroup2")
        return (place / name.removeprefix(str(place)).lstrip("/")).stat().st_ino
    except (OSError, StopIteration, ValueError):
        return 0


def _packets(sockets: list[SocketState]) -> Tree:
    if not sockets:
        return Negated(EVERYTHING)
    return Some(tuple(parse_filter(_ends(state)) for state in sockets))


def _ends(state: SocketState) -> str:
    """The filter of a socket's packets in both directions."""
    here, there = state.local, state.remote
    words = [f"{state.protocol} port {here.port}"]
    words += [f"host {here.address}"] if here.address not in _ANYWHERE else []
    if there.port:
        words += [f"port {there.port}", f"host {there.address}"]
    return " and ".join(words)
