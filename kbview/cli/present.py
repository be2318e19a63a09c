"""`kbview present [SOURCE]`: the screen, shown to followers on this machine as well."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from kbview.cli.app import App
from kbview.cli.errors import complain
from kbview.ui.session import Opened

if TYPE_CHECKING:
    from kbview.ui.audience import Audience


class Present(App):
    """The app with a class. Everything that the app opens can be presented."""

    name = "present"
    summary = "the screen, and the same screen for all who `kbview follow`"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        super().add_arguments(parser)
        add = parser.add_argument
        add("--lesson", metavar="NAME", help="begin with this lesson; `kbview lessons` lists them")
        add("--answers", metavar="FOLDER", help="keep the answers of followers that gave a name")
        add("--group", metavar="GROUP", help="the group that may follow (default: your own)")
        add(
            "--room", metavar="FOLDER", help="the folder of the class (default: /tmp/kbview-class-USER)"
        )

    def show(
        self, opened: Opened, arguments: argparse.Namespace, audience: "Audience | None" = None
    ) -> int:
        """Show a source on the screen and to the class; the exit code."""
        del audience  # this command makes its own
        from kbview.classroom.present import ClassAudience
        from kbview.classroom.register import Register
        from kbview.classroom.room import Room, present_room

        path = Path(arguments.room) if arguments.room else present_room()
        register = Register(Path(arguments.answers)) if arguments.answers else None
        try:
            followers = ClassAudience(Room(path, arguments.group), register)
        except BaseException:
            opened.source.close()
            raise
        try:
            if arguments.lesson and opened.offers.tutor is not None:
                opened.source.close()
                opened = opened.offers.tutor.start(arguments.lesson)
            return super().show(opened, arguments, followers)
        finally:
            followers.close()
            if register is not None:
                complain(f"{arguments.answers}: {register.write()} files of answers")
