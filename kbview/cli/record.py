"""`kbview record SOURCE -o FILE|-`: writes a tape until the source or the viewer ends it."""

import argparse
import signal
from contextlib import closing
from functools import partial
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

import msgspec

from kbview.cli import headway, options, privilege, quantity
from kbview.cli.command import Command
from kbview.cli.errors import DONE
from kbview.cli.paper import tell
from kbview.cli.piped import stream_of
from kbview.tape.detail import Detail
from kbview.ui.characters import clean

# Trace time between samples: at the finest, one for each column of the screen at its usual speed.
_EVERY_PS = {Detail.METERS: 10**9, Detail.MILESTONES: 10**9, Detail.STEPS: 20 * 10**6}


class Record(Command):
    """Any source; a live one until Ctrl-C."""

    name = "record"
    summary = "writes a tape"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        options.add_source(parser, optional=False)
        add = parser.add_argument
        add("-o", "--output", metavar="FILE|-", required=True, help="the tape; - is standard output")
        add("--datapath", metavar="NAME", help="the datapath (default: the scenario's, or kernel)")
        names = [detail.name.lower() for detail in Detail]
        add("--detail", choices=names, default="steps", help="how much is told (default: steps)")
        add(
            "--every",
            metavar="TIME",
            type=quantity.duration_ps,
            help="trace time between two samples of the meters (default: 20us at steps, else 1ms)",
        )
        add(
            "--snap",
            metavar="BYTES",
            type=quantity.size,
            default=0,
            help="bytes of each packet that are kept (default: none; a live ring has its own)",
        )
        add("--force", action="store_true", help="write over a file that exists")

    def run(self, arguments: argparse.Namespace) -> int:
        from kbview.cli.choice import choice
        from kbview.cli.recording import RecordingRun
        from kbview.sources.resolve import resolve
        from kbview.sources.tapes.output import TapeOutput

        stream = stream_of(arguments.source)
        wanted = choice(arguments, arguments.datapath, follow=True)
        wanted = msgspec.structs.replace(wanted, snap=arguments.snap)
        source = resolve(
            arguments.source,
            wanted,
            stream,
        )
        detail = Detail[arguments.detail.upper()]
        with Signals() as signals, closing(source):
            output = TapeOutput(
                arguments.output,
                force=arguments.force,
                inputs=(arguments.source, arguments.profile or ""),
            )
            with closing(output):
                privilege.drop(source, arguments.user)
                recording = RecordingRun(
                    source, output, detail, arguments.every or _EVERY_PS[detail], arguments.snap
                )
                until_ps = arguments.until and arguments.until[0]
                with headway.shown(Path(output.name).name, partial(source.share, until_ps)):
                    recording.run(until_ps, lambda: bool(signals.came))
        tell(f"kbview: {clean(output.name)}: {recording.summary()}")
        return DONE if signals.came in (0, signal.SIGINT) else 128 + signals.came


class Signals:
    """Remembers the first that comes, lest it ends a chunk in the middle; a second one ends all."""

    def __init__(self) -> None:
        self.came = 0
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            self._before[number] = signal.signal(number, self._take)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _take(self, number: int, _frame: FrameType | None) -> None:
        if self.came:
            raise KeyboardInterrupt
        self.came = number
