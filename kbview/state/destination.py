"""Where to go, as a person types it: `12.4ms`, `+3us`, `50%`, `#8112`."""

import re

import msgspec

UNITS_PS = {
    "ps": 1, "ns": 10**3, "us": 10**6, "µs": 10**6, "ms": 10**9, "s": 10**12, "min": 60 * 10**12,
}  # fmt: skip
_TIME = re.compile(r"([+-]?)(\d{1,20}(?:\.\d{0,20})?|\.\d{1,20})\s*(ps|ns|us|µs|ms|s|min)", re.ASCII)
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
        length_ps = round(float(number) * UNITS_PS[unit]) * (-1 if sign == "-" else 1)
        return Destination(time_ps=length_ps, relative=bool(sign))
    return None


def time_ps(text: str) -> int | None:
    """A time with its unit and without a sign, in ps; None if the text is none."""
    found = _TIME.fullmatch(text.strip())
    if found is None or found[1]:
        return None
    return round(float(found[2]) * UNITS_PS[found[3]])
