"""cgroup in a filter: the sockets that were made in the cgroup, by its number or its path."""

import struct
from pathlib import Path

import pytest

from kbview.packet.filter.filter_parser import parse_for
from kbview.packet.filter.filter_tree import Fact
from kbview.packet.filter.filter_verdict import FilterSubject, decide, verdict_of
from kbview.sources.choosing import socket_filter
from kbview.sources.choosing.socket_filter import OF_SOCKETS, cgroup_number, owned, with_sockets
from kbview.sources.linux.netlink.diag import sockets_of
from kbview.sources.linux.netlink.message import Message
from kbview.sources.linux.socket_state import SocketAddress, SocketProtocol, SocketState, TcpState
from tests.packet.filter.sample_frames import frames

NOBODY = SocketAddress("0.0.0.0", 0)


def bound(port: int, cgroup: int) -> SocketState:
    address = SocketAddress("0.0.0.0", port)
    return SocketState(SocketProtocol.UDP, address, NOBODY, TcpState.CLOSE, 0, 0, 1, cgroup=cgroup)


def test_a_cgroup_s_packets_are_those_of_its_sockets() -> None:
    sockets = [bound(53, 77), bound(80, 78)]
    tree = with_sockets(parse_for("cgroup 77", OF_SOCKETS, "here"), sockets)
    plain = parse_for("udp port 53", OF_SOCKETS, "here")
    verdicts = [verdict_of(each) for each in (tree, plain)]
    taken = [
        [decide(verdict, FilterSubject(one, len(one))) for one in frames()] for verdict in verdicts
    ]
    assert taken[0] == taken[1]
    assert any(taken[0])


def test_a_cgroup_without_sockets_or_of_no_number_takes_nothing() -> None:
    sockets = [bound(53, 77), bound(80, 0)]  # 0: the kernel does not tell the cgroup
    assert owned(Fact("cgroup", "79"), sockets) == []
    assert owned(Fact("cgroup", "0"), sockets) == []
    tree = verdict_of(with_sockets(parse_for("cgroup 79", OF_SOCKETS, "here"), sockets))
    assert not any(decide(tree, FilterSubject(one, len(one))) for one in frames())


def test_a_path_is_below_the_mount_of_cgroup2(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of a cgroup is the inode of its folder (kernfs)."""
    place = tmp_path / "unified"
    (place / "system.slice").mkdir(parents=True)
    mounts = tmp_path / "mounts"
    mounts.write_text(f"cgroup /sys/fs/cgroup/cpu cgroup rw 0 0\ncgroup2 {place} cgroup2 rw 0 0\n")
    monkeypatch.setattr(socket_filter, "_MOUNTS", mounts)
    number = (place / "system.slice").stat().st_ino
    assert cgroup_number("system.slice") == cgroup_number("/system.slice") == number
    assert cgroup_number(f"{place}/system.slice") == number
    assert cgroup_number("no.slice") == 0
    mounts.write_text("")
    assert cgroup_number("system.slice") == 0


def test_sock_diag_tells_a_socket_s_cgroup() -> None:
    """INET_DIAG_CGROUP_ID, attribute 21, a u64 (Linux 5.8)."""
    body = struct.pack("=BBxx2s2s16s16s4xQIIIII", 2, 7, b"\0\x35", b"", b"", b"", 9, 0, 4, 0, 0, 5)
    attribute = struct.pack("=HHQ", 12, 21, 4711)
    (state,) = sockets_of([Message(20, body + attribute)], SocketProtocol.UDP)
    assert state.cgroup == 4711
