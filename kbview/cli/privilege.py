"""Privileges, given up once every descriptor is open: from here on packets are read by nobody special.

What stays open goes on working: rings, counters, telemetry. What is lost: reading whose process a
socket is, and writing where only root may. No program that is started later regains anything
(no_new_privs, and an empty bounding set). A source that needs root to clean up keeps root's name and
the capabilities of _FOR_KERNEL_WORK alone.
"""

import argparse
import contextlib
import ctypes
import os
import pwd
import struct
import sys
from pathlib import Path

from kbview.cli.errors import complain
from kbview.tape.source import Source, SourceError

NOBODY = "nobody"
_CAPABILITY_VERSION_3 = 0x20080522  # linux/capability.h
_MOST_CAPABILITIES = 64
_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 24, 38  # linux/prctl.h
# The numbers of linux/capability.h: files, processes and users; networks, tracing, BPF and namespaces.
_FOR_KERNEL_WORK = frozenset(
    {0, 1, 2, 5, 6, 7, 8, 10, 12, 13, 14, 19, 21, 23, 24, 38, 39}
)  # CHOWN DAC_OVERRIDE DAC_READ_SEARCH KILL SETGID SETUID SETPCAP NET_BIND_SERVICE NET_ADMIN NET_RAW
#    IPC_LOCK SYS_PTRACE SYS_ADMIN SYS_NICE SYS_RESOURCE PERFMON BPF
_UNREADABLE = "root by name only, without capabilities: {user} cannot read the program's files"
_KEPT = "root until it ends, to remove its namespaces or trace instance; fewer capabilities"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """Who to become."""
    parser.add_argument(
        "--user",
        metavar="NAME",
        help="who to become once a live source is open (default: who called sudo, else nobody); "
        "root keeps all rights",
    )


def drop(source: Source, wanted: str | None) -> None:
    """`give_up`; a terminal is told why the process stays root's."""
    reason = give_up(source, wanted)
    if reason and sys.stderr.isatty():
        complain(f"this process stays {reason}")


def give_up(source: Source, wanted: str | None) -> str:
    """Keep no more rights than a live source needs.

    Returns the reason why the process is still root's, "" if it is not or was told to stay.
    Errors: SourceError if there is no such user.
    """
    if not source.capabilities.live:
        return ""
    if os.geteuid() != 0:
        keep_only(frozenset())  # of an interpreter that was given some
        return ""
    if source.privileged:
        keep_only(_FOR_KERNEL_WORK)
        return _KEPT
    entry = _entry(wanted)
    if entry.pw_uid == 0:
        return ""
    if not _can_read_program(entry):
        keep_only(frozenset())  # still root by name, but by that alone
        return _UNREADABLE.format(user=entry.pw_name)
    _bar_new_rights(frozenset())
    with contextlib.suppress(OSError):  # a container may forbid it; it has no groups to lose then
        os.setgroups([])
    os.setresgid(entry.pw_gid, entry.pw_gid, entry.pw_gid)
    os.setresuid(entry.pw_uid, entry.pw_uid, entry.pw_uid)  # every capability goes with it
    return ""


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


def _bar_new_rights(kept: frozenset[int]) -> None:
    """No program that is started from here on gets a right that is not in `kept`."""
    libc = ctypes.CDLL(None)
    for capability in set(range(_MOST_CAPABILITIES)) - kept:
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)  # refused where this process could not either
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def keep_only(kept: frozenset[int]) -> None:
    """capset(2) to these and no more, for this thread; threads that sources start later inherit it."""
    _bar_new_rights(kept)
    libc = ctypes.CDLL(None)
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    held = ctypes.create_string_buffer(24)  # effective, permitted, inheritable; then their upper halves
    libc.capget(header, held)
    mask = sum(1 << capability for capability in kept)
    halves = (mask & 0xFFFFFFFF,) * 3 + (mask >> 32,) * 3
    words = (word & half for word, half in zip(struct.unpack("=6I", held.raw), halves, strict=True))
    libc.capset(header, struct.pack("=6I", *words))
