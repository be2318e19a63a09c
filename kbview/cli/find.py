"""`kbview find SCENARIO`: the offered rate at which something happens."""

import argparse
from typing import TYPE_CHECKING

from kbview.cli import measuring, model, quantity
from kbview.cli.command import Command
from kbview.cli.errors import DONE
from kbview.tape.source import SourceError

if TYPE_CHECKING:
    from kbview.experiment.finding import Question
    from kbview.experiment.sweep import Model

FIGURE = "cpu"


class Find(Command):
    """Largest loss-free rate by default; the knee with --knee; a crossing with --cross."""

    name = "find"
    summary = "the largest loss-free rate, the knee, or where two datapaths cross"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        model.add_flags(parser)
        add("--datapath", metavar="A,B", help=model.DATAPATHS)
        group = parser.add_mutually_exclusive_group()
        group.add_argument(
            "--knee", action="store_true", help="the load with the greatest throughput / latency"
        )
        group.add_argument("--cross", metavar="A,B", help="the load at which two datapaths cross")
        add("--show", metavar="NAME", help=f"with --cross: the figure (default: {FIGURE})")
        add(
            "--resolution",
            metavar="SHARE",
            type=quantity.share,
            default=0.01,
            help="how near the bounds of the answer are to each other (default: 1%%)",
        )
        measuring.add_flags(parser)
        add("--json", action="store_true", help="the answers, for programs")

    def run(self, arguments: argparse.Namespace) -> int:
        from kbview.cli import find_text
        from kbview.emulator.keys import ScenarioError
        from kbview.experiment.finding import answers

        try:
            question = _question(arguments)
            with measuring.runner(arguments) as runner:
                found = answers(question, runner)
        except ScenarioError as error:
            raise SourceError(str(error), 2) from error
        if arguments.json:
            find_text.print_json(question, found)
        else:
            find_text.print_answers(question, found)
        return DONE


def _question(arguments: argparse.Namespace) -> "Question":
    from kbview.experiment.figure import figure_of
    from kbview.experiment.finding import Asked, Question, able

    if arguments.rate is not None or model.sets_rate(arguments):
        raise SourceError("--rate: find varies the rate itself; leave it out", 2)
    if arguments.show is not None and arguments.cross is None:
        raise SourceError("--show is for --cross A,B", 2)
    made = model.model(arguments)
    asked = Asked.KNEE if arguments.knee else Asked.THROUGHPUT
    if arguments.cross is not None:
        asked = Asked.CROSSING
        if arguments.datapath is not None:
            raise SourceError("--datapath: --cross A,B names the datapaths; leave it out", 2)
        arguments.datapath = arguments.cross
    names = model.datapaths(arguments, made.scenario.datapath)
    if asked is Asked.CROSSING and len(names) != 2:
        raise SourceError(f"--cross {arguments.cross}: name two datapaths, such as kernel,dpdk", 2)
    names, left_out = able(made, names) if arguments.datapath == "all" else (names, [])
    return Question(
        asked=asked,
        model=_trials(made, arguments) if asked is Asked.THROUGHPUT else made,
        datapaths=tuple(names),
        seeds=arguments.seeds,
        resolution=arguments.resolution,
        figure=figure_of(arguments.show or FIGURE),
        left_out=tuple(left_out),
    )


def _trials(made: "Model", arguments: argparse.Namespace) -> "Model":
    """The model with runs of a number of frames, as RFC 2544 has them."""
    import msgspec

    from kbview.experiment.stretch import RunLength
    from kbview.experiment.throughput import USUAL_FRAMES

    if arguments.until is None:
        return msgspec.structs.replace(made, until=RunLength(frames=USUAL_FRAMES))
    if arguments.until[1] is None:
        raise SourceError("--until: a trial offers a number of frames; write it, such as 100k", 2)
    return made
