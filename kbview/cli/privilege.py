"""Privileges, given up once every descriptor is open: from here on packets are read by nobody special.

What stays open goes on working: rings, counters, telemetry. What is lost: reading whose process a
socket is, and writing where only root may. A source that needs root to clean up is left as it is.
"""

import argparse
import contextlib
import ctypes
import os
import pwd
import struct
import sys
from pathlib import Path

from kbview.tape.source import Source, SourceError

NOBODY = "nobody"
_CAPABILITY_VERSION_3 = 0x20080522  # linux/capability.h


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Who to become."""
    parser.add_argument(
        "--user",
        metavar="NAME",
        help="who to become once a live source is open (default: who called sudo, else nobody); "
        "root keeps all rights",
    )


def give_up(source: Source, wanted: str | None) -> None:
    """Keep no more rights than a live source needs; SourceError if there is no such user."""
    if not source.capabilities.live or source.privileged:
        return
    if os.geteuid() != 0:
        _drop_capabilities()  # of an interpreter that was given some
        return
    entry = _entry(wanted)
    if entry.pw_uid == 0:
        return
    if not _can_read_program(entry):
        _drop_capabilities()  # still root by name, but by that alone
        return
    with contextlib.suppress(OSError):  # a container may forbid it; it has no groups to lose then
        os.setgroups([])
    os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
    os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)  # every capability goes with it


def _entry(wanted: str | None) -> pwd.struct_passwd:
    sudo = os.environ.get("SUDO_UID", "")
    try:
        if wanted is None and sudo.isdigit():
            return pwd.getpwuid(int(sudo))
        return pwd.getpwnam(wanted or NOBODY)
    except KeyError:
        raise SourceError(f"--user {wanted or sudo or NOBODY}: there is no such user", 2) from None


def _can_read_program(entry: pwd.struct_passwd) -> bool:
    """Whether that user could go on importing: the program may lie in root's own folder."""
    try:
        os.seteuid(entry.pw_uid)
    except PermissionError:  # root in name only: it cannot even become somebody else
        return False
    try:
        return all(
            os.access(folder, os.R_OK | os.X_OK, effective_ids=True)
            for folder in {str(Path(__file__).parents[1]), *sys.path}
            if folder and Path(folder).is_dir()
        )
    except OSError:
        return False
    finally:
        os.seteuid(0)


def _drop_capabilities() -> None:
    """capset(2) to none, for this thread: sources start theirs later, and those inherit it."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    ctypes.CDLL(None).capset(header, bytes(24))
