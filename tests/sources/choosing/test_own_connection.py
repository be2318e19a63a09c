"""The viewer's SSH connection: named by SSH_CONNECTION, else found at the sshd above the process."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from kbview.sources.choosing.own_connection import own_connection

# Plays sshd: takes a connection, and starts what it is told as its user's command.
_SERVER = """
import json, socket, subprocess, sys
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
served, _ = listening.accept()
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
print(json.dumps([served.getsockname(), served.getpeername(), done.stdout, done.stderr]))
"""
_COMMAND = """
import json
from kbview.sources.choosing.own_connection import own_connection
found = own_connection({})
print(json.dumps(None if found is None else [found.local, found.remote]))
"""


def below(name: str, folder: Path) -> tuple[object, object]:
    """The connection of a process of that name, and what a process below it finds to be its own."""
    python = shutil.which(os.path.realpath(sys.executable))
    assert python is not None
    server = folder / name
    server.symlink_to(python)
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    words = [str(server), "-c", _SERVER, sys.executable, "-c", _COMMAND]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environ) as process:
        assert process.stdout is not None
        with socket.create_connection(("127.0.0.1", int(process.stdout.readline()))):
            here, there, told, errors = json.loads(process.stdout.readline())
    assert told, errors
    return [here, there], json.loads(told)


@pytest.mark.parametrize("name", ["sshd", "sshd-session"])
def test_without_the_variable_the_socket_of_the_sshd_above_is_the_viewer_s(
    name: str, tmp_path: Path
) -> None:
    """sudo takes SSH_CONNECTION away; a session's process is sshd-session since OpenSSH 9.8."""
    connection, found = below(name, tmp_path)
    assert found == connection


def test_the_connection_of_another_process_above_is_not_the_viewer_s(tmp_path: Path) -> None:
    _, found = below("my-server", tmp_path)
    assert found is None


@pytest.mark.parametrize("text", ["", "nonsense", "10.0.0.1 x 10.0.0.2 22", "192.0.2.1 5 192.0.2.2 22"])
def test_a_variable_that_names_no_connection_here_is_passed_over(text: str) -> None:
    found = own_connection({"SSH_CONNECTION": text})
    assert found is None or found.remote.address != "192.0.2.1"
