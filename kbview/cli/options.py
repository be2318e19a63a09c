"""Flags that mean the same in every command."""

import argparse

from kbview.cli import privilege, quantity
from kbview.sources.resolve import help_text

# Flags that are short for `--set`, with the key they set.
_SHORT_FOR = {"size": "traffic.size", "flows": "traffic.flows", "cores": "cores", "ring": "ring"}


def add_source(
    parser: argparse.ArgumentParser, *, optional: bool, word: tuple[str, str] | None = None
) -> None:
    """The SOURCE word, or the `word` that stands for it (its name and help), and what modifies it."""
    metavar, text = word or ("SOURCE", help_text())
    parser.add_argument("source", metavar=metavar, nargs="?" if optional else None, help=text)
    add = parser.add_argument
    add("--host", metavar="ADDRESS", help="whose view of a capture (default: who most frames go to)")
    add("--gap", metavar="TIME", type=quantity.duration_ps, help="cut longer silences to this")
    add(
        "--until",
        metavar="T|N",
        type=quantity.until,
        help="stop at a time (3s, 200us) or after N frames (20k)",
    )
    add_model(parser)
    add(
        "--filter",
        metavar="WORDS",
        default="",
        help="only these packets, as for tcpdump: 'tcp port 80' (captures, live:, trace:, counters)",
    )
    add("--keep-ssh", action="store_true", help="show the viewer's own SSH connection (live sources)")
    add("--promisc", action="store_true", help="see frames for others, too (live:IFACE)")
    privilege.add_flags(parser)
    add("--no-verify", action="store_true", help="take checksums as correct (captures with offloading)")


def add_model(parser: argparse.ArgumentParser) -> None:
    """Flags that change the emulated machine and its traffic."""
    add = parser.add_argument
    add("--profile", metavar="NAME", help="cost profile; see `kbview list`")
    add("--rate", metavar="PPS", type=quantity.number, help="mean rate of arrivals; even in a capture")
    add("--seed", metavar="N", type=int, help="of random traffic")
    add("--size", metavar="BYTES", help="frame length with FCS, in a scenario")
    add("--flows", metavar="N", help="senders, in a scenario")
    add("--cores", metavar="N", help="cores of the machine")
    add("--ring", metavar="N", help="descriptors of the receive ring")
    add(
        "--set",
        metavar="KEY=VALUE",
        dest="overrides",
        action="append",
        default=[],
        type=quantity.assignment,
        help="set any scenario key; may be repeated",
    )


def overrides(arguments: argparse.Namespace) -> tuple[tuple[str, str], ...]:
    """What `--set` and its short forms say, in that order of strength."""
    short = [
        (key, getattr(arguments, flag))
        for flag, key in _SHORT_FOR.items()
        if getattr(arguments, flag) is not None
    ]
    return (*short, *arguments.overrides)
