"""Captures that are wrong in one way each, made from a bundled recording."""

import gzip
from pathlib import Path

from kbview.sources.resolve import recording

_PATH = recording("http.pcap")
assert _PATH is not None
HTTP = Path(_PATH)

BROKEN = {
    "empty.pcap": b"",
    "text.pcap": b"hello there\n",
    "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(64),
    "header.pcap": HTTP.read_bytes()[:10],
    "damaged.pcap.gz": b"\x1f\x8b" + bytes(range(100)),
}
CUT = {
    "cut.pcap": HTTP.read_bytes()[:100_000],
    "cut.pcap.gz": gzip.compress(HTTP.read_bytes())[:50_000],
}


def make(folder: Path, name: str) -> Path:
    """Write one of them."""
    path = folder / name
    path.write_bytes({**BROKEN, **CUT}[name])
    return path
