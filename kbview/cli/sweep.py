"""`kbview sweep SCENARIO --over KEY=RANGE`: figures of a scenario as its keys vary."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from kbview.cli import measuring, model, quantity, span_text
from kbview.cli.command import Command
from kbview.cli.errors import DONE
from kbview.tape.source import SourceError

if TYPE_CHECKING:
    from kbview.experiment.sweep import Sweep

SHOWN = "delivered,loss,latency-p99"


class SweepCommand(Command):
    """Every point is emulated alone. Finished points are kept, so an interrupted sweep goes on."""

    name = "sweep"
    summary = "a scenario as its keys vary: table, CSV, JSON, plot"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add = parser.add_argument
        model.add_flags(parser)
        add("--datapath", metavar="A,B", help=model.DATAPATHS)
        add(
            "--over",
            metavar="KEY=RANGE",
            dest="axes",
            action="append",
            type=span_text.axis,
            required=True,
            help=f"a scenario's key, and {span_text.GRAMMAR}; once or twice",
        )
        add(
            "--load",
            metavar="SHARE",
            type=quantity.share,
            help="offer this share of the highest rate that the link carries (100%%)",
        )
        add(
            "--show", metavar="A,B", default=SHOWN, help=f"see `kbview list figures` (default: {SHOWN})"
        )
        measuring.add_flags(parser)
        group = parser.add_mutually_exclusive_group()
        group.add_argument("--json", action="store_true", help="every point, for programs")
        group.add_argument("--csv", action="store_true", help="a row a point, for spreadsheets")
        group.add_argument("--plot", action="store_true", help="draw each figure below the table")
        add("--svg", metavar="FILE", help="draw the figures into a file; needs matplotlib")
        add("--png", metavar="FILE", help="the same, in pixels")
        add("--force", action="store_true", help="write over a picture that exists")

    def run(self, arguments: argparse.Namespace) -> int:
        from kbview.cli import sweep_export, sweep_picture, sweep_text
        from kbview.emulator.keys import ScenarioError
        from kbview.experiment.figure import figure_of

        pictures = [path for path in (arguments.svg, arguments.png) if path is not None]
        sweep_picture.check(pictures, force=arguments.force)
        try:
            figures = [figure_of(name.strip()) for name in arguments.show.split(",")]
            sweep = _design(arguments)
        except ScenarioError as error:
            raise SourceError(str(error), 2) from error
        with measuring.runner(arguments) as runner:
            rows = sweep.run(runner)
        if arguments.json:
            sweep_export.print_json(sweep, rows, figures)
        elif arguments.csv:
            sweep_export.print_csv(sweep, rows, figures)
        else:
            sweep_text.print_table(sweep, rows, figures)
            if arguments.plot:
                sweep_text.print_plots(sweep, rows, figures)
        for kind, path in (("svg", arguments.svg), ("png", arguments.png)):
            if path is not None:
                sweep_picture.draw(sweep, rows, figures, Path(path), kind)
        return DONE


def _design(arguments: argparse.Namespace) -> "Sweep":
    import msgspec

    from kbview.experiment.sweep import design

    made = model.model(arguments)
    if arguments.load is not None:
        rated = arguments.rate is not None or model.sets_rate(arguments)
        if rated or any(axis.key.endswith("rate_pps") for axis in arguments.axes):
            raise SourceError("--load sets the rate; leave out --rate and --over rate", 2)
        made = msgspec.structs.replace(made, load=arguments.load)
    names = model.datapaths(arguments, made.scenario.datapath)
    if_able = arguments.datapath == "all"
    return design(made, arguments.axes, names, arguments.seeds, if_able=if_able)
