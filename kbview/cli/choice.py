"""From parsed flags to what a source is asked for."""

import argparse

from kbview.cli import options
from kbview.sources.request import Choice


def choice(
    arguments: argparse.Namespace,
    datapath: str | None,
    *,
    loop: bool = False,
    follow: bool = False,
    kept: bool = False,
    if_able: bool = False,
) -> Choice:
    """The flags of options.py, for one datapath."""
    until = arguments.until
    return Choice(
        datapath=datapath,
        if_able=if_able,
        profile=arguments.profile,
        seed=arguments.seed,
        host=arguments.host,
        rate_pps=arguments.rate,
        longest_gap_ps=arguments.gap,
        frames=until[1] if until else None,
        loop=loop,
        follow=follow,
        kept=kept,
        verify=not arguments.no_verify,
        promiscuous=arguments.promisc,
        overrides=options.overrides(arguments),
    )
