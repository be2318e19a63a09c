"""A finding: one line of the doctor's."""

import msgspec


class Finding(msgspec.Struct, frozen=True):
    """What was looked at, whether it works, what was seen, and the one command that would help.

    `works` None: it is only said, and neither good nor bad.
    """

    name: str
    works: bool | None
    said: str
    fix: str = ""
