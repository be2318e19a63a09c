"""Where to go, as a person types it: `12.4ms`, `+3us`, `50%`, `#8112`."""

import re

import msgspec

_UNITS_PS = {"ps": 1, "ns": 10**3, "us": 10**6, "µs": 10**6, "ms": 10**9, "s": 10**12}
_TIME = re.compile(r"([+-]?)(\d{1,15}(?:\.\d*)?|\.\d+)\s*(ps|ns|us|µs|ms|s)", re.ASCII)
_SHARE = re.compile(r"(\d{1,3}(?:\.\d*)?)\s*%", re.ASCII)
_PACKET = re.compile(r"#\s*(\d{1,18})", re.ASCII)
EXAMPLES = "12.4ms, +3us, 50%, #8112"


class Destination(msgspec.Struct, frozen=True):
    """A packet, or a share of the tape (0..1), or a time, from here if `relative`."""

    packet: int | None = None
    share: float | None = None
    time_ps: int = 0
    relative: bool = False


def parse(text: str) -> Destination | None:
    """The destination that a text means; None if it is none of the four."""
    text = text.strip()
    if found := _PACKET.fullmatch(text):
        return Destination(packet=int(found[1]))
    if found := _SHARE.fullmatch(text):
        return Destination(share=min(float(found[1]) / 100, 1.0))
    if found := _TIME.fullmatch(text):
        sign, number, unit = found.groups()
        time_ps = round(float(number) * _UNITS_PS[unit]) * (-1 if sign == "-" else 1)
        return Destination(time_ps=time_ps, relative=bool(sign))
    return None
