"""From parsed flags to the model of an experiment: its scenario, overrides and run length."""

import argparse
from typing import TYPE_CHECKING

from kbview.cli import options, quantity
from kbview.tape.source import SourceError

if TYPE_CHECKING:
    from kbview.experiment.sweep import Model

DATAPATHS = "datapaths, separated by commas, or all (default: the scenario's)"


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The scenario, its overrides, and how long each run is."""
    add = parser.add_argument
    add("scenario", metavar="SCENARIO", help="a scenario's name, or FILE.toml")
    options.add_model(parser)
    add(
        "--until",
        metavar="T|N",
        type=quantity.until,
        help="length of each run: a time (5ms) or N frames (default: 20k; 100k to find a rate "
        "without loss)",
    )
    add("--seeds", metavar="N", type=int, default=1, help="repeat with N seeds (default: 1)")


def model(arguments: argparse.Namespace) -> "Model":
    """The model that the flags describe; SourceError if there is no such scenario."""
    from kbview.experiment.stretch import RunLength
    from kbview.experiment.sweep import Model
    from kbview.sources.resolve import scenario

    flags = {"profile": arguments.profile, "rate_pps": arguments.rate, "seed": arguments.seed}
    given = [(key, str(value)) for key, value in flags.items() if value is not None]
    until = RunLength() if arguments.until is None else RunLength(*arguments.until)
    if 0 in (until.time_ps, until.frames):
        raise SourceError("--until 0 measures nothing; use a time, or 1 frame or more", 2)
    made = scenario(arguments.scenario)
    return Model(made, (*options.overrides(arguments), *given), until)


def sets_rate(arguments: argparse.Namespace) -> bool:
    """Whether `--set` gives the offered rate, which the flag `--rate` gives as well."""
    return any(key in ("rate_pps", "traffic.rate_pps") for key, _ in arguments.overrides)


def datapaths(arguments: argparse.Namespace, usual: str) -> list[str]:
    """The datapaths of `--datapath`, each once; without the flag `usual` alone."""
    from kbview.sources.resolve import datapaths as named

    if arguments.datapath is None:
        return [usual]
    return named(arguments.datapath, arguments.scenario)
