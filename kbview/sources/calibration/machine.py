"""Which machine this is: what a profile's summary and sources say of it."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

import msgspec


class MachineFacts(msgspec.Struct, frozen=True):
    """`clock_hz` is 0 where the kernel does not say."""

    cpu: str
    kernel: str
    clock_hz: int
    date: str


def this_machine() -> MachineFacts:
    """As the kernel describes it."""
    try:
        told = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        told = ""
    megahertz = _field(told, "cpu MHz")
    system = os.uname()
    return MachineFacts(
        cpu=_field(told, "model name") or system.machine,
        kernel=f"Linux {system.release}",
        clock_hz=round(float(megahertz) * 1e6) if megahertz else 0,
        date=datetime.now(UTC).date().isoformat(),
    )


def _field(told: str, name: str) -> str:
    found = re.search(rf"^{name}\s*:\s*(.+)$", told, re.MULTILINE)
    return found[1].strip() if found else ""
