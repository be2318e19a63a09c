"""The XDP program: frames for the socket are redirected, all others continue to the kernel.

    frame in the driver's poll
      |- no IPv4 UDP to the port (asked only if one is chosen) ------> XDP_PASS: the ordinary stack
      '- a socket in the map for this receive queue? -- no ----------> XDP_PASS
                                                       '- yes -------> XDP_REDIRECT: its umem

Hand-assembled eBPF, a line an instruction: Documentation/bpf/standardization/instruction-set.rst.
Fragments, IP options and VLAN tags are passed on to the kernel.
"""

import socket
import struct
from typing import NamedTuple

# Registers by the calling convention: r1-r5 arguments, r6-r9 kept over calls, r0 result.
R0, R1, R2, R3, R4, R5, R6 = range(7)
XDP_PASS = 2
_REDIRECT_MAP = 51  # the helper's number: bpf_redirect_map(map, key, flags)
_PSEUDO_MAP_FD = 1

_LOAD64, _LOAD_B, _LOAD_H, _LOAD_W = 0x18, 0x71, 0x69, 0x61  # BPF_LD_IMM64, BPF_LDX | size
_MOVE, _MOVE_IMM, _ADD_IMM, _AND_IMM = 0xBF, 0xB7, 0x07, 0x57
_IF_GREATER, _IF_NOT_IMM, _CALL, _EXIT = 0x2D, 0x55, 0x85, 0x95

# Offsets in struct xdp_md.
_DATA, _DATA_END, _RX_QUEUE = 0, 4, 16
# Offsets in a frame with an IPv4 header of 20 bytes.
_ETHERTYPE, _IP_VERSION, _IP_FRAGMENT, _IP_PROTOCOL, _UDP_PORT, _UDP_END = 12, 14, 20, 23, 36, 42


class Instruction(NamedTuple):
    """One slot of eight bytes. `to` names the label that a jump goes to, "" for the next one."""

    code: int
    target: int = 0
    source: int = 0
    offset: int = 0
    value: int = 0
    to: str = ""


def redirect(xskmap: int, port: int | None = None) -> bytes:
    """The whole program for a map's descriptor; with `port`, only UDP datagrams to that port."""
    ask = _ask_for(port) if port is not None else []
    return assemble([*ask, *_redirect(xskmap)], [*_pass()])


def _ask_for(port: int) -> list[Instruction]:
    """Leave for "pass" unless the frame is IPv4, UDP, unfragmented and to this port."""
    return [
        Instruction(_MOVE, R6, R1),
        Instruction(_LOAD_W, R2, R1, _DATA),
        Instruction(_LOAD_W, R3, R1, _DATA_END),
        Instruction(_MOVE, R4, R2),
        Instruction(_ADD_IMM, R4, value=_UDP_END),
        Instruction(_IF_GREATER, R4, R3, to="pass"),  # the verifier insists, and so would a runt
        *_unless(_LOAD_H, _ETHERTYPE, socket.htons(0x0800)),
        *_unless(_LOAD_B, _IP_VERSION, 0x45),
        *_unless(_LOAD_B, _IP_PROTOCOL, socket.IPPROTO_UDP),
        Instruction(_LOAD_H, R5, R2, _IP_FRAGMENT),
        Instruction(_AND_IMM, R5, value=socket.htons(0x3FFF)),  # more fragments, or not the first
        Instruction(_IF_NOT_IMM, R5, value=0, to="pass"),
        *_unless(_LOAD_H, _UDP_PORT, socket.htons(port)),
        Instruction(_MOVE, R1, R6),
    ]


def _unless(load: int, offset: int, value: int) -> list[Instruction]:
    return [
        Instruction(load, R5, R2, offset),
        Instruction(_IF_NOT_IMM, R5, value=value, to="pass"),
    ]


def _redirect(xskmap: int) -> list[Instruction]:
    """bpf_redirect_map(&xskmap, ctx->rx_queue_index, XDP_PASS): the last is for want of a socket."""
    return [
        Instruction(_LOAD_W, R2, R1, _RX_QUEUE),
        Instruction(_LOAD64, R1, _PSEUDO_MAP_FD, value=xskmap),
        Instruction(0),  # the upper half of a 64-bit value
        Instruction(_MOVE_IMM, R3, value=XDP_PASS),
        Instruction(_CALL, value=_REDIRECT_MAP),
        Instruction(_EXIT),
    ]


def _pass() -> list[Instruction]:
    return [Instruction(_MOVE_IMM, R0, value=XDP_PASS), Instruction(_EXIT)]


def assemble(body: list[Instruction], at_pass: list[Instruction]) -> bytes:
    """Bytes; jumps to "pass" go behind the body. The label's code is left out if nobody goes there."""
    used = any(each.to for each in body)
    whole = [*body, *(at_pass if used else [])]
    return b"".join(
        _bytes(each._replace(offset=len(body) - at - 1) if each.to else each)
        for at, each in enumerate(whole)
    )


def _bytes(each: Instruction) -> bytes:
    return struct.pack("=BBhi", each.code, each.source << 4 | each.target, each.offset, each.value)
