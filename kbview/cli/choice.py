"""From parsed flags to what a source is asked for."""

import argparse
import os

from kbview.cli import options
from kbview.sources.request import Choice

_INTERFACES = ("live:", "trace:")


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
        filter=arguments.filter,
        usual_filter=_usual_filter(arguments),
        keep_ssh=arguments.keep_ssh,
        overrides=options.overrides(arguments),
    )


def _usual_filter(arguments: argparse.Namespace) -> str:
    """The filter of KBVIEW_FILTER or of the config file, for an interface of this machine."""
    if arguments.filter or not (arguments.source or "").startswith(_INTERFACES):
        return ""
    from kbview.cli import preferences

    return preferences.usual_filter(os.environ)
