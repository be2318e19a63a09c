"""The viewer's own SSH connection: each frame of the screen would be traffic that the screen shows.

SSH_CONNECTION names it; sudo and su take the variable away, and then the established socket of the sshd
process above this one does, as far as its descriptors may be read.
"""

import os
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import psutil

from kbview.sources.linux.netlink.diag import (
    AF_INET,
    AF_INET6,
    NETLINK_SOCK_DIAG,
    socket_request,
    sockets_of,
)
from kbview.sources.linux.netlink.socket import NetlinkSocket
from kbview.sources.linux.owner import sockets_of_process
from kbview.sources.linux.socket_state import SocketAddress, SocketProtocol, SocketState, TcpState

_VARIABLE = "SSH_CONNECTION"  # client's address and port, server's address and port
_SERVER = "sshd"  # and sshd-session since OpenSSH 9.8


class OwnConnection(NamedTuple):
    """A TCP connection: the end on this machine, and the viewer's end."""

    local: SocketAddress
    remote: SocketAddress

    @property
    def filter(self) -> str:
        """The filter that takes its packets, both directions, and no other."""
        (here, port), (there, far) = self
        inward = f"src host {there} and src port {far} and dst host {here} and dst port {port}"
        outward = f"src host {here} and src port {port} and dst host {there} and dst port {far}"
        return f"tcp and (({inward}) or ({outward}))"


def own_connection(environ: Mapping[str, str] = os.environ) -> OwnConnection | None:
    """The connection that this process is watched over, None if there is none in this namespace."""
    try:
        states = _established()
    except OSError:  # a kernel without sock_diag
        return None
    named = _named(environ.get(_VARIABLE, ""))
    for state in states:
        if named is not None and (state.local, state.remote) == named:
            return OwnConnection(state.local, state.remote)
    inodes = set(_server_sockets())
    found = (state for state in states if state.inode in inodes)
    return next((OwnConnection(state.local, state.remote) for state in found), None)


def addressed(connection: OwnConnection, interface: str) -> bool:
    """Whether one of the connection's ends is an address of the interface, or its packets are on lo."""
    addresses = psutil.net_if_addrs()
    here = {each.address.partition("%")[0] for each in addresses.get(interface, ())}
    everywhere = {each.address.partition("%")[0] for names in addresses.values() for each in names}
    if connection.remote.address in everywhere:  # from this machine to itself
        return interface == "lo"
    return connection.local.address in here


def _named(text: str) -> tuple[SocketAddress, SocketAddress] | None:
    """Server and client of the variable's four words."""
    words = text.split()
    if len(words) != 4 or not (words[1].isdecimal() and words[3].isdecimal()):
        return None
    there, far, here, port = (word.removeprefix("::ffff:") for word in words)
    return SocketAddress(here, int(port)), SocketAddress(there, int(far))


def _established() -> list[SocketState]:
    diag = NetlinkSocket(NETLINK_SOCK_DIAG)
    try:
        return [
            state
            for family in (AF_INET, AF_INET6)
            for state in sockets_of(
                diag.ask(socket_request(family, SocketProtocol.TCP)), SocketProtocol.TCP
            )
            if state.state is TcpState.ESTABLISHED
        ]
    finally:
        diag.close()


def _server_sockets() -> Iterator[int]:
    """The sockets of the sshd above this process, the nearest first."""
    try:
        above = psutil.Process().parents()
    except psutil.Error:
        return
    for process in above:
        try:
            is_server = process.name().startswith(_SERVER)
        except psutil.Error:
            continue
        if is_server:
            yield from sockets_of_process(str(process.pid))
