"""A sub-buffer of the kernel's trace ring, as `trace_pipe_raw` hands it out.

    | u64 timestamp | commit: length and flags | event | event | ... | u64 lost? |

    event      5 bits type_len, 27 bits time_delta, then by type_len
    1..28      a record of 4 * type_len bytes
    0          a record with its length in the next word, that word included
    29         padding: to the end if time_delta is 0, else as long as the next word says
    30         time extend: the next word holds the upper bits of the delta
    31         time stamp: absolute, but for the upper 5 bits, which are the page's

Linux: kernel/trace/ring_buffer.c, include/linux/ring_buffer.h; bytes in, numbers out, nothing else.
"""

import re
import sys
from struct import Struct
from typing import NamedTuple

import msgspec

_WORD = Struct("=I")
_COMMON = Struct("=HBBi")  # common_type, common_flags, common_preempt_count, common_pid
_LITTLE = sys.byteorder == "little"
_PADDING, _EXTEND, _STAMP = 29, 30, 31
_COMMIT_MASK = (1 << 27) - 1
_MISSED, _MISSED_STORED = 1 << 31, 1 << 30
_STAMP_HIGH = 0xF8 << 56
_DELTA_BITS = 27


class PageLayout(msgspec.Struct, frozen=True):
    """The layout in events/header_page: bytes of the commit word, and where the data begin."""

    commit_size: int = 8
    data: int = 16


class PageEntry(NamedTuple):
    """A record: its time, and where in the page it stands."""

    time_ns: int
    number: int
    flags: int
    pid: int
    start: int
    end: int


class Page(msgspec.Struct):
    """A sub-buffer. `lost` records were overwritten before it; -1 if nobody counted them."""

    entries: list[PageEntry]
    lost: int = 0
    damaged: bool = False


def parse_layout(text: str) -> PageLayout:
    """From the text of events/header_page; the usual one where it says nothing."""
    commit = re.search(r"\bcommit;\s*offset:8;\s*size:([48]);", text)
    data = re.search(r"\bdata;\s*offset:(12|16);", text)
    return PageLayout(int(commit[1]) if commit else 8, int(data[1]) if data else 16)


def parse(page: bytes, layout: PageLayout) -> Page:
    """The records of a page in its order. A damaged page gives the records before the damage."""
    if len(page) < layout.data:
        return Page([], damaged=bool(page))
    time_ns = int.from_bytes(page[:8], sys.byteorder)
    commit = int.from_bytes(page[8 : 8 + layout.commit_size], sys.byteorder)
    end = layout.data + (commit & _COMMIT_MASK)
    damaged = end > len(page)
    made = Page([], _lost(page, commit, end), damaged)
    made.damaged |= not _walk(page, layout.data, min(end, len(page)), time_ns, made.entries)
    return made


def _lost(page: bytes, commit: int, end: int) -> int:
    if not commit & _MISSED:
        return 0
    stored = page[end : end + 8]
    if commit & _MISSED_STORED and len(stored) == 8:
        return int.from_bytes(stored, sys.byteorder)
    return -1


def _walk(page: bytes, at: int, end: int, time_ns: int, entries: list[PageEntry]) -> bool:
    """Append the records between `at` and `end`; False if one of them is damaged."""
    unpack, common, made = _WORD.unpack_from, _COMMON.unpack_from, PageEntry._make
    while at + 8 <= end:
        (head,) = unpack(page, at)
        kind, delta = (head & 31, head >> 5) if _LITTLE else (head >> _DELTA_BITS, head & 0x7FFFFFF)
        if 0 < kind < _PADDING:
            start, stop = at + 4, at + 4 + 4 * kind
        elif kind >= _EXTEND:
            (word,) = unpack(page, at + 4)
            time_ns = _moved(kind, time_ns, (word << _DELTA_BITS) + delta)
            at += 8
            continue
        else:
            (length,) = unpack(page, at + 4)
            if kind == _PADDING and not delta:
                return True
            start, stop = at + 8, at + 4 + length
            if length < 4:
                return False
        at = stop
        if kind == _PADDING:  # a record that was given up; its delta does not count
            continue
        time_ns += delta
        if stop > end or stop - start < _COMMON.size:
            return False
        number, flags, _, pid = common(page, start)
        entries.append(made((time_ns, number, flags, pid, start, stop)))
    return at >= end


def _moved(kind: int, time_ns: int, by: int) -> int:
    """The time after a time extend or an absolute time stamp."""
    if kind == _EXTEND:
        return time_ns + by
    stamp = time_ns & _STAMP_HIGH | by
    return stamp if stamp >= time_ns else stamp + (1 << 59)
