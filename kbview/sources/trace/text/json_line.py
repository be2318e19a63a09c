"""A line of `retis collect -o`: one event of a packet as a JSON object.

    {"common": {"timestamp": 30419169082348, "smp_id": 6, "task": {"pid": 11330, "comm": "ping"}},
     "kernel": {"symbol": "net:netif_receive_skb", "probe_type": "raw_tracepoint"},
     "skb-tracking": {"skb": 18446619372874141952}, "skb-drop": {"drop_reason": "NO_SOCKET"},
     "dev": {"name": "veth0"}, "skb": {"meta": {"len": 84}}}

The kernel's symbol is a tracepoint or a function; only tracepoints of the table are read.

retis: retis-events/src; older versions have the device within the section `skb`.
"""

from typing import Any, NamedTuple

import msgspec

from kbview.sources.trace.meaning.table import BY_NAME

_DROPPING = ("kfree_skb_reason", "sk_skb_reason_drop")  # functions that skb:kfree_skb is within
_ETHERNET_HEADER = 14


class _Task(msgspec.Struct):
    pid: int = 0
    comm: str = ""


class _Common(msgspec.Struct):
    timestamp: int
    smp_id: int | None = None
    task: _Task | None = None


class _Kernel(msgspec.Struct):
    symbol: str = ""


class _Tracking(msgspec.Struct):
    skb: int | None = None


class _Drop(msgspec.Struct):
    drop_reason: str = ""
    subsys: str | None = None


class _Device(msgspec.Struct):
    name: str = ""


class _Meta(msgspec.Struct):
    len: int | None = None


class _Packet(msgspec.Struct):
    len: int | None = None


class _Skb(msgspec.Struct):
    meta: _Meta | None = None
    dev: _Device | None = None
    packet: _Packet | None = None


class _Startup(msgspec.Struct):
    retis_version: str = ""


class _Event(msgspec.Struct):
    common: _Common
    kernel: _Kernel | None = None
    startup: _Startup | None = None
    userspace: msgspec.Raw | None = None
    tracking: _Tracking | None = msgspec.field(name="skb-tracking", default=None)
    drop: _Drop | None = msgspec.field(name="skb-drop", default=None)
    dev: _Device | None = None
    skb: _Skb | None = None
    packet: _Packet | None = None


class JsonLine(NamedTuple):
    """One event. `point` is "" where it is none of the table's tracepoints."""

    time_ns: int
    cpu: int
    pid: int
    comm: str
    point: str
    values: tuple[Any, ...]


_DECODE = msgspec.json.Decoder(_Event).decode


def parse(text: str) -> JsonLine | None:
    """The event of a line; None if the line is none of retis's."""
    try:
        event = _DECODE(text)
    except (msgspec.MsgspecError, UnicodeError):
        return None
    if event.kernel is None and event.startup is None and event.userspace is None:
        return None
    task = event.common.task or _Task()
    point = _point(event)
    values = tuple(_said(event).get(field) for field in BY_NAME[point].fields) if point else ()
    common = event.common
    return JsonLine(common.timestamp, common.smp_id or 0, task.pid, task.comm[:32], point, values)


def _point(event: _Event) -> str:
    """The tracepoint's name in the table. A dropping function stands for its tracepoint kfree_skb."""
    symbol = event.kernel.symbol.rpartition(":")[2] if event.kernel else ""
    return "kfree_skb" if symbol in _DROPPING and event.drop else symbol if symbol in BY_NAME else ""


def _said(event: _Event) -> dict[str, Any]:
    skb = event.skb or _Skb()
    dev = event.dev or skb.dev
    address = event.tracking.skb if event.tracking else None
    return {
        "skbaddr": f"{address:#x}" if address else None,
        "name": dev.name if dev else None,
        "len": _length(skb, event.packet or skb.packet),
        "reason": _reason(event.drop),
    }


def _length(skb: _Skb, packet: _Packet | None) -> int | None:
    """Bytes from the IP header on; the packet's own bytes begin with its Ethernet header."""
    if skb.meta is not None and skb.meta.len is not None:
        return skb.meta.len
    if packet is None or packet.len is None:
        return None
    return max(0, packet.len - _ETHERNET_HEADER)


def _reason(drop: _Drop | None) -> str | None:
    if drop is None:
        return None
    return f"{drop.subsys}_{drop.drop_reason}" if drop.subsys else drop.drop_reason
