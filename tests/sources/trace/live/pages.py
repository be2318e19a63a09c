"""Pages and formats as a kernel makes them, to be taken apart again."""

import struct
import sys
from collections.abc import Iterable

KFREE_SKB = """name: kfree_skb
ID: 2310
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;
\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;
\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;

\tfield:void * skbaddr;\toffset:8;\tsize:8;\tsigned:0;
\tfield:void * location;\toffset:16;\tsize:8;\tsigned:0;
\tfield:void * rx_sk;\toffset:24;\tsize:8;\tsigned:0;
\tfield:unsigned short protocol;\toffset:32;\tsize:2;\tsigned:0;
\tfield:enum skb_drop_reason reason;\toffset:36;\tsize:4;\tsigned:0;

print fmt: "skbaddr=%p rx_sk=%p protocol=%u location=%pS reason: %s", REC->skbaddr, REC->rx_sk, \
REC->protocol, REC->location, __print_symbolic(REC->reason, { 2, "NOT_SPECIFIED" }, \
{ 3, "NO_SOCKET" }, { 0x6, "SOCKET_RCVBUFF" }, { -1, ((void *)0) })
"""
NAPI_POLL = """name: napi_poll
ID: 2291
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:struct napi_struct * napi;\toffset:8;\tsize:8;\tsigned:0;
\tfield:__data_loc char[] dev_name;\toffset:16;\tsize:4;\tsigned:0;
\tfield:int work;\toffset:20;\tsize:4;\tsigned:1;
\tfield:int budget;\toffset:24;\tsize:4;\tsigned:1;

print fmt: "napi poll on napi struct %p for device %s", REC->napi, __get_str(dev_name)
"""
SCHED_WAKING = """name: sched_waking
ID: 375
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;
\tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:0;
\tfield:pid_t pid;\toffset:24;\tsize:4;\tsigned:1;
\tfield:__u8 saddr[4];\toffset:28;\tsize:4;\tsigned:0;
"""


def common(number: int, pid: int = 7, flags: int = 0) -> bytes:
    """The fields that every record begins with."""
    return struct.pack("=HBBi", number, flags, 0, pid)


def event(delta: int, record: bytes) -> bytes:
    """A record behind its header: short ones have their length in it, others in a word of their own."""
    record += bytes(-len(record) % 4)
    if len(record) <= 28 * 4:
        return header(len(record) // 4, delta) + record
    return header(0, delta) + struct.pack("=I", len(record) + 4) + record


def header(kind: int, delta: int) -> bytes:
    """Five bits and 27 bits, in the machine's own order."""
    word = delta << 5 | kind if sys.byteorder == "little" else kind << 27 | delta
    return struct.pack("=I", word)


def extend(delta: int) -> bytes:
    """A time extend."""
    return header(30, delta & 0x7FFFFFF) + struct.pack("=I", delta >> 27)


def stamp(time_ns: int) -> bytes:
    """An absolute time stamp."""
    time_ns &= (1 << 59) - 1
    return header(31, time_ns & 0x7FFFFFF) + struct.pack("=I", time_ns >> 27)


def given_up(length: int) -> bytes:
    """A record that was reserved and given up: padding in the middle of a page."""
    return header(29, 1) + struct.pack("=I", length + 4) + bytes(length)


def page(time_ns: int, events: Iterable[bytes], lost: int | None = None, size: int = 4096) -> bytes:
    """A whole page; `lost` records before it, uncounted where it is -1."""
    data = b"".join(events)
    commit = len(data)
    if lost is not None:
        commit |= 1 << 31 | (1 << 30 if lost >= 0 else 0)
    stored = struct.pack("=Q", lost) if lost is not None and lost >= 0 else b""
    made = struct.pack("=QQ", time_ns, commit) + data + stored
    return made + bytes(size - len(made))
