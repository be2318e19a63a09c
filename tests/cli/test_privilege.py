"""What is left of root once a live source is open. In processes of their own: there is no way back."""

import json
import os
import pwd
import subprocess
import sys
from typing import Any

import pytest

pytestmark = [pytest.mark.live, pytest.mark.skipif(os.geteuid() != 0, reason="needs root")]
SCRIPT = """
import json, os, re, socket, sys
from types import SimpleNamespace
from kbview.cli import privilege
from kbview.tape.source import SourceError
asked = json.loads(sys.argv[1])
if asked["readable"] is not None:
    privilege._can_read_program = lambda entry: asked["readable"]
live = SimpleNamespace(live=asked["live"])
source = SimpleNamespace(capabilities=live, privileged=asked["privileged"])
held = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
refused = reason = ""
try:
    reason = privilege.give_up(source, asked["user"])
except SourceError as error:
    refused = str(error)
try:
    socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    raw = True
except PermissionError:
    raw = False
status = open("/proc/self/status").read()
capabilities = int(re.search(r"CapEff:\\s*(\\w+)", status)[1], 16)
bounding = int(re.search(r"CapBnd:\\s*(\\w+)", status)[1], 16)
barred = "NoNewPrivs:\\t1" in status
print(json.dumps({
    "uid": os.getresuid(), "gid": os.getresgid(), "groups": os.getgroups(), "raw": raw,
    "capabilities": capabilities, "bounding": bounding, "barred": barred, "reason": reason,
    "open": held.fileno() >= 0, "refused": refused,
}))
"""
# linux/capability.h
CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_SYS_BOOT, CAP_SYS_TIME, CAP_MKNOD = 16, 17, 22, 25, 27
NOBODY, DAEMON = pwd.getpwnam("nobody"), pwd.getpwnam("daemon")


def left(sudo: str = "", **asked: Any) -> dict[str, Any]:
    """What a process has left after it gave up."""
    usual = {"live": True, "privileged": False, "user": None, "readable": True}
    environ = {**os.environ, "SUDO_UID": sudo}
    program = [sys.executable, "-c", SCRIPT, json.dumps(usual | asked)]
    ran = subprocess.run(program, check=True, capture_output=True, text=True, timeout=60, env=environ)
    told: dict[str, Any] = json.loads(ran.stdout)
    return told


@pytest.mark.parametrize(
    ("sudo", "user", "entry"),
    [("", None, NOBODY), (str(DAEMON.pw_uid), None, DAEMON), (str(DAEMON.pw_uid), "nobody", NOBODY)],
    ids=["root itself", "by sudo", "by name"],
)
def test_a_live_source_is_read_by_somebody_without_rights(
    sudo: str, user: str | None, entry: pwd.struct_passwd
) -> None:
    told = left(sudo, user=user)
    assert told["uid"] == [entry.pw_uid] * 3
    assert told["gid"] == [entry.pw_gid] * 3
    assert told["groups"] == []
    assert (told["capabilities"], told["raw"]) == (0, False)
    assert told["open"]
    assert (told["bounding"], told["barred"]) == (0, True), "no program that it starts gains a right"


def test_where_that_user_could_not_read_the_program_only_the_name_is_left() -> None:
    told = left(readable=False)
    assert told["uid"] == [0] * 3
    assert (told["capabilities"], told["raw"]) == (0, False)
    assert (told["bounding"], told["barred"]) == (0, True)
    assert "nobody cannot read the program" in told["reason"]


@pytest.mark.parametrize("asked", [{"live": False}, {"user": "root"}])
def test_a_model_and_a_user_who_asks_for_it_keep_their_rights(asked: dict[str, Any]) -> None:
    told = left(**asked)
    assert told["uid"] == [0] * 3
    assert told["raw"]
    assert told["reason"] == ""


def test_a_source_that_has_to_clean_up_keeps_what_it_needs_and_cannot_load_a_module() -> None:
    told = left(privileged=True)
    assert told["raw"]
    assert told["barred"]
    assert told["capabilities"] == told["bounding"]
    for capability in (CAP_SYS_MODULE, CAP_SYS_RAWIO, CAP_SYS_BOOT, CAP_SYS_TIME, CAP_MKNOD):
        assert not told["capabilities"] >> capability & 1
    assert "to remove its namespaces" in told["reason"]


def test_nobody_of_that_name() -> None:
    assert left(user="no-such-user")["refused"] == "--user no-such-user: there is no such user"
    assert "there is no such user" in left(sudo="4294967294")["refused"]


def test_whether_somebody_else_can_read_is_tried_and_undone() -> None:
    told = left(readable=None)
    assert told["uid"] in ([0] * 3, [NOBODY.pw_uid] * 3)  # as the program lies here, or in /root
    assert told["capabilities"] == 0
