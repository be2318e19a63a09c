"""The kernel, and what this process may ask of it."""

import platform
import re
from pathlib import Path

from kbview.cli.checkup.finding import Finding

# Linux: include/uapi/linux/capability.h; what each is wanted for.
_CAPABILITIES = {
    12: ("CAP_NET_ADMIN", "the lab, AF_XDP"),
    13: ("CAP_NET_RAW", "live, AF_XDP"),
    21: ("CAP_SYS_ADMIN", "trace, the lab"),
    39: ("CAP_BPF", "AF_XDP"),
}
_LEAST = (4, 20)  # PACKET_IGNORE_OUTGOING


def kernel() -> list[Finding]:
    """Is it Linux, and new enough?"""
    system, release, machine = platform.system(), platform.release(), platform.machine()
    said = f"{system} {release} on {machine}"
    if system != "Linux":
        return [
            Finding("kernel", False, f"{said}: captures, tapes and the emulator work, live does not")
        ]
    version = tuple(map(int, re.findall(r"\d+", release)[:2]))
    if version < _LEAST:
        return [Finding("kernel", False, f"{said}: live needs {'.'.join(map(str, _LEAST))} or newer")]
    return [Finding("kernel", True, said)]


def capabilities() -> list[Finding]:
    """Which of the rights that live sources need does this process have?"""
    held = _effective()
    if held is None:
        return [Finding("capabilities", None, "/proc/self/status does not tell them")]
    missing = [f"{name} ({use})" for bit, (name, use) in _CAPABILITIES.items() if not held >> bit & 1]
    if not missing:
        return [Finding("capabilities", True, ", ".join(name for name, _ in _CAPABILITIES.values()))]
    return [Finding("capabilities", False, f"lacks {', '.join(missing)}", "sudo kbview doctor")]


def _effective() -> int | None:
    try:
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    found = re.search(r"^CapEff:\s*([0-9a-fA-F]{1,16})$", status, re.MULTILINE)
    return int(found[1], 16) if found else None
