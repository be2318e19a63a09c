"""What live tests do to the lab from outside, without iproute2 or a shell."""

import os
from pathlib import Path

from kbview.sources.linux import libc, namespace


def children(pid: int) -> list[int]:
    """The processes that a process started and that are not waited for yet."""
    return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def ip(name: str, *words: str) -> None:
    """`ip link set LINK up|down` or `ip link delete LINK` in a namespace, without iproute2."""
    from pyroute2 import IPRoute

    _link, verb, link, *state = words
    inside = os.open(namespace.FOLDER / name, os.O_RDONLY)
    home = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    libc.set_network(inside)
    try:
        with IPRoute() as route:
            index = route.link_lookup(ifname=link)[0]
            if verb == "delete":
                route.link("del", index=index)
            else:
                route.link("set", index=index, state=state[0])
    finally:
        libc.set_network(home)
        os.close(home)
        os.close(inside)
