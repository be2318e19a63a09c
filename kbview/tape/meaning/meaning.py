"""A meaning: the function of the kernel, driver or library that is at work, and one sentence of why."""

from typing import NamedTuple


class Meaning(NamedTuple):
    """`function` is spelt as in the source; `why` is for someone who has never seen it."""

    function: str
    why: str
