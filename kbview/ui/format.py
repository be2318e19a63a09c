"""Numbers for people: two or three significant digits, never wider than four cells and a unit."""

from kbview.tape.event import HOST_PACKETS

_POWERS = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_BYTES = ((1 << 40, "T"), (1 << 30, "G"), (1 << 20, "M"), (1 << 10, "K"))
_TIMES = ((10**12, "s"), (10**9, "ms"), (10**6, "µs"), (10**3, "ns"))


def _digits(value: float) -> str:
    if value >= 9.95 or value == 0:
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 0.095 else f"{value:.2f}".lstrip("0") if value >= 0.01 else "<.01"


def packet(number: int) -> str:
    """The name of a packet: #28; of a frame that the host itself made: tx #28."""
    return f"tx #{number - HOST_PACKETS}" if number >= HOST_PACKETS else f"#{number}"


def quantity(value: float) -> str:
    """812345 -> "812k", 1.93 -> "1.9", 2.0 -> "2.0"; whole numbers below a thousand are exact."""
    for power, letter in _POWERS:
        if value >= 0.9995 * power:
            return _digits(value / power) + letter
    return str(value) if isinstance(value, int) else _digits(value)


def rate(value: float | None) -> str:
    """812345.6 -> "812k/s"; None, which is not known, -> "-"."""
    return "-" if value is None else f"{quantity(value)}/s"


def size(count: float | None) -> str:
    """Bytes, in powers of 1024: 145000 -> "142K"; None, which is not known, -> "-"."""
    if count is None:
        return "-"
    for power, letter in _BYTES:
        if count >= power:
            return _digits(count / power) + letter
    return f"{count:.0f}"


def percent(share: float) -> str:
    """0.834 -> "83 %"."""
    return f"{100 * share:.0f} %"


def duration(ps: float) -> str:
    """310000 -> "310 ns"; zero is "0 ns"."""
    for unit, name in _TIMES:
        if ps >= 0.9995 * unit:
            return f"{_digits(ps / unit)} {name}"
    return f"{_digits(ps / 1000)} ns"


def part_of(ps: int, most_ps: int) -> str:
    """A time with its limit: "0.4 of 8 ms"; a small part of it has its own unit: "2.7 µs of 8 ms"."""
    unit, name = next((unit, name) for unit, name in (*_TIMES, (1, "ps")) if most_ps >= unit)
    most = f"{most_ps / unit:g} {name}"
    return f"{ps / unit:.1f} of {most}" if 20 * ps >= unit else f"{duration(ps)} of {most}"


def fine_clock(ps: int) -> str:
    """A time on the trace to the nanosecond: 12480123456 -> "12.480123 ms"."""
    unit, name, digits = next(
        (
            (unit, name, digits)
            for (unit, name), digits in zip(_TIMES, (9, 6, 3, 0), strict=True)
            if ps >= unit
        ),
        (*_TIMES[-1], 0),
    )
    return f"{ps / unit:.{digits}f} {name}"


def clock(ps: int) -> str:
    """A time on the trace, to three decimals of its unit: 12480123456 -> "12.480 ms"."""
    unit, name = next(((unit, name) for unit, name in _TIMES if ps >= unit), _TIMES[-1])
    return f"{ps / unit:.3f} {name}"
