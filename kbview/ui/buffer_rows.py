"""The buffer as it is now: where its pointers stand, and which headers have come off."""

from textwrap import wrap

from kbview.state.buffer import Buffer
from kbview.ui.layer_rows import STYLES
from kbview.ui.row import Row, Size

HELP = (
    ("head, end", "where the buffer begins and ends; offsets are in bytes from head"),
    ("buf", "mbuf: where its room begins, buf_addr in DPDK; data stands data_off behind it"),
    ("data", "where the layer that is at work begins to read: it moves right as headers come off"),
    ("tail", "where the frame ends"),
    ("headroom", "left free so that headers can be put on; 64 bytes on x86, 256 where XDP is used"),
    ("padding", "bytes behind the IPv4 packet that fill a short frame up; they belong to no layer"),
    ("shared info", "skb_shared_info: the list of further pages, behind end"),
    ("mbuf", "DPDK's record: data_off is 128, and grows where a stack takes headers off"),
)
_NAMES = {"sk_buff": ("head", "data", "tail", "end"), "mbuf": ("buf", "data", "", "end")}
_LABEL = 5


def draw(buffer: Buffer, size: Size) -> list[Row]:
    """A row for each part with its offset, or the sentence that says why there is none."""
    said: list[Row] = [[(f" {line}", "dim")] for line in wrap(buffer.said, size.width - 2)]
    if not buffer.kind:
        return said
    head, data, tail, end = _NAMES[buffer.kind]
    rows = [_row(head, 0, "·", "headroom", buffer.begin, "faint")]
    if not any(part.length for part in buffer.parts):  # unknown is not zero
        told = ("█ a frame, length unknown", "text")
        rows.append([(f" {data:<{_LABEL}}", "accent"), (f"{buffer.begin:>5} ", "dim"), told])
        return [*rows, [(f" {end:<{_LABEL}}{buffer.size:>5} ", "accent")], *said]
    offset = buffer.begin
    for part in buffer.parts:
        gone = offset < buffer.data
        style = "faint" if gone else STYLES.get(part.level, "text")
        label = data if offset == buffer.data else ""
        name = f"{part.name}, off" if gone else part.name
        rows.append(_row(label, offset, "░" if gone else "█", name, part.length, style))
        offset += part.length
    rows.append(_row(tail, buffer.tail, "·", "free", buffer.size - buffer.tail, "faint"))
    rows.append([(f" {end:<{_LABEL}}{buffer.size:>5} ", "accent")])
    return rows + said


def _row(label: str, offset: int, glyph: str, name: str, length: int, style: str) -> Row:
    return [
        (f" {label:<{_LABEL}}", "accent"),
        (f"{offset:>5} ", "dim"),
        (f"{glyph} {name} ", style),
        (f"{length}", "dim"),
    ]
