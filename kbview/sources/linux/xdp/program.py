"""The XDP program: frames for the socket are redirected, all others continue to the kernel.

    frame in the driver's poll
      |- no IPv4 UDP to the port (asked only if one is chosen) ------> XDP_PASS: the ordinary stack
      '- a socket in the map for this receive queue? -- no ----------> XDP_PASS
                                                       '- yes -------> XDP_REDIRECT: its umem

Fragments, IP options and VLAN tags are passed on to the kernel.
"""

import socket

from kbview.sources.linux.bpf.assembler import R0, R1, R2, R3, R4, R5, R6, Assembly

XDP_PASS = 2
_REDIRECT_MAP = 51  # the helper's number: bpf_redirect_map(map, key, flags)
# Offsets in struct xdp_md.
_DATA, _DATA_END, _RX_QUEUE = 0, 4, 16
# Offsets in a frame with an IPv4 header of 20 bytes.
_ETHERTYPE, _IP_VERSION, _IP_FRAGMENT, _IP_PROTOCOL, _UDP_PORT, _UDP_END = 12, 14, 20, 23, 36, 42
_LATER_FRAGMENT = 0x3FFF  # more fragments, or not the first


def redirect(xskmap: int, port: int | None = None) -> bytes:
    """The whole program for a map's descriptor; with `port`, only UDP datagrams to that port."""
    made = Assembly()
    if port is not None:
        _ask_for(made, port)
    _redirect(made, xskmap)
    if port is not None:
        made.label("pass")
        made.set(R0, XDP_PASS)
        made.exit()
    return made.assemble()


def _ask_for(made: Assembly, port: int) -> None:
    """Leave for "pass" unless the frame is IPv4, UDP, unfragmented and to this port."""
    made.move(R6, R1)
    made.load(4, R2, R1, _DATA)
    made.load(4, R3, R1, _DATA_END)
    made.move(R4, R2)
    made.alu("add", R4, _UDP_END)
    made.jump_if_register(R4, ">", R3, "pass")  # the verifier insists, and so would a runt
    _unless(made, 2, _ETHERTYPE, socket.htons(0x0800))
    _unless(made, 1, _IP_VERSION, 0x45)
    _unless(made, 1, _IP_PROTOCOL, socket.IPPROTO_UDP)
    made.load(2, R5, R2, _IP_FRAGMENT)
    made.alu("and", R5, socket.htons(_LATER_FRAGMENT))
    made.jump_if(R5, "!=", 0, "pass")
    _unless(made, 2, _UDP_PORT, socket.htons(port))
    made.move(R1, R6)


def _unless(made: Assembly, size: int, offset: int, value: int) -> None:
    made.load(size, R5, R2, offset)
    made.jump_if(R5, "!=", value, "pass")


def _redirect(made: Assembly, xskmap: int) -> None:
    """bpf_redirect_map(&xskmap, ctx->rx_queue_index, XDP_PASS): the last is for want of a socket."""
    made.load(4, R2, R1, _RX_QUEUE)
    made.map(R1, xskmap)
    made.set(R3, XDP_PASS)
    made.call(_REDIRECT_MAP)
    made.exit()
