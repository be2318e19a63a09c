"""Choice: what a viewer asked for beside the SOURCE word."""

import msgspec


class Choice(msgspec.Struct, frozen=True):
    """The values of the flags. None means not said. Times are picoseconds.

    `filter` chooses packets (kbview/packet/filter), "" takes all. `usual_filter` is the config file's,
    for live sources without a filter of their own. `keep_ssh`: show the viewer's own connection, too.
    """

    datapath: str | None = None
    if_able: bool = False  # leave this datapath out where it cannot serve the scenario
    profile: str | None = None
    seed: int | None = None
    host: str | None = None
    rate_pps: float | None = None
    longest_gap_ps: int | None = None
    frames: int | None = None
    loop: bool = False
    follow: bool = False  # wait for more where a tape is still being written
    kept: bool = False  # all that was told is to stay within reach, on disk if need be
    snap: int = 0  # bytes that are kept of each packet which is told of
    verify: bool = True
    tuned: bool = False  # its load may be changed while it runs
    promiscuous: bool = False
    filter: str = ""
    usual_filter: str = ""
    keep_ssh: bool = False
    overrides: tuple[tuple[str, str], ...] = ()
