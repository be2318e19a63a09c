"""A UDP socket's name on the screen, by who reads it: task, descriptor, inode, port.

/proc/PID/fd/3 -> socket:[7341]      /proc/PID/net/udp: local_address 0200A8C0:1B58 ... inode 7341
"""

import os
import re
from pathlib import Path

_INODE = re.compile(r"socket:\[(\d+)\]")
_TABLES = ("udp", "udp6")


def of_reader(pid: int, descriptor: int) -> str:
    """Like "udp :7000"; "" when the task has gone or the descriptor is something else."""
    try:
        found = _INODE.fullmatch(os.readlink(f"/proc/{pid}/fd/{descriptor}"))
    except OSError:
        return ""
    for table in _TABLES if found else ():
        port = _port(Path(f"/proc/{pid}/net/{table}"), found[1] if found else "")
        if port:
            return f"udp :{port}"
    return ""


def _port(path: Path, inode: str) -> int:
    try:
        lines = path.read_text(encoding="ascii").splitlines()[1:]
    except OSError:
        return 0
    rows = (line.split() for line in lines)
    local = next((row[1] for row in rows if len(row) > 9 and row[9] == inode), "")
    return int(local.rpartition(":")[2] or "0", 16)
