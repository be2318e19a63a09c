"""`kbview follow`: the presenter's screen on this terminal, and answers to its questions."""

import argparse
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from kbview.cli.command import Command
from kbview.cli.errors import DONE, FAILED, UNSUPPORTED, complain
from kbview.cli.paper import say
from kbview.tape.source import SourceError

if TYPE_CHECKING:
    from kbview.classroom.message import ClassMoment
    from kbview.classroom.tty import Screen

_TAPE = re.compile(r"tape-\d{1,9}\.kbt", re.ASCII)
_LONGEST_NAME = 64


class Follow(Command):
    """A thin client: it imports nothing of the screen until its viewer looks around alone."""

    name = "follow"
    summary = "the screen of `kbview present`, and answers to its questions"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        add("presenter", metavar="PRESENTER", nargs="?", help="a user, or the folder of the class")
        add("--name", default="", metavar="NAME", help="to be graded: sent with each answer")

    def run(self, arguments: argparse.Namespace) -> int:
        from kbview.classroom.follower import Follower, Terminal
        from kbview.classroom.room import connect, find_room
        from kbview.classroom.tty import Screen
        from kbview.ui.terminal import unsuitable

        if (reason := unsuitable()) is not None:
            complain(reason.partition(";")[0])
            return UNSUPPORTED
        if len(arguments.name) > _LONGEST_NAME or not arguments.name.isprintable():
            raise SourceError(f"--name: up to {_LONGEST_NAME} printable characters", 2)
        room = find_room(arguments.presenter)
        link = connect(room)
        screen = Screen()

        def alone(moment: "ClassMoment") -> None:
            _look_around(room, moment, screen)

        terminal = Terminal(screen.write, screen.size)
        follower = Follower(link, terminal, alone, arguments.name)
        before = {number: signal.signal(number, _end) for number in (signal.SIGTERM, signal.SIGHUP)}
        try:
            with link, screen.taken():
                follower.run(screen.keys, screen.resized)
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
        if follower.lost:
            complain(follower.ended)
            return FAILED
        say(follower.ended)
        return DONE


def _end(number: int, _frame: object) -> None:
    raise SystemExit(128 + number)


def _look_around(room: Path, moment: "ClassMoment", screen: "Screen") -> None:
    """Open the tape of the room in a program of its own; q there comes back."""
    if not _TAPE.fullmatch(moment.tape):
        return
    command = [sys.executable, "-m", "kbview", str(room / moment.tape)]
    command += ["--at", f"{max(0, moment.time_ps)}ps"]
    with screen.lent():
        subprocess.run(command, check=False)  # noqa: S603 - our own program and a checked name
