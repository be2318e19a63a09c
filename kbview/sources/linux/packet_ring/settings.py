"""What can be set about a ring, and what is refused."""

from typing import Self

import msgspec

from kbview.tape.source import SourceError

_PAGE = 4096


class RingSettings(msgspec.Struct, frozen=True):
    """`ring` blocks of `block` bytes for each of `rings` sockets.

    `retire_ms`: when a block that is not full is handed over. `snap`: bytes of a frame that are kept.
    `share`: how much of a core may go into reading headers; beyond it packets are only counted.
    """

    ring: int = 128
    block: int = 1 << 17
    rings: int = 1
    retire_ms: int = 10
    snap: int = 128
    share: float = 0.25

    def __post_init__(self) -> None:
        if self.block % _PAGE or not _PAGE <= self.block <= 1 << 24:
            raise SourceError(f"block = {self.block} is not whole pages; use 65536 or 262144", 2)
        for name, least, most in (
            ("ring", 2, 4096),
            ("rings", 1, 64),
            ("retire_ms", 1, 1000),
            ("snap", 0, 65535),
            ("share", 0, 1),
        ):
            if not least <= (value := getattr(self, name)) <= most:
                raise SourceError(f"{name} = {value} is not within {least} and {most}", 2)

    def override(self, key: str, text: str) -> Self:
        """The same with one key set from text."""
        if key not in self.__struct_fields__:
            known = ", ".join(self.__struct_fields__)
            raise SourceError(f"{key} cannot be set for a live interface; there are {known}", 2)
        kind = type(getattr(self, key))
        try:
            value = kind(text)
        except ValueError:
            raise SourceError(f"{key} = {text!r} is not a number", 2) from None
        return msgspec.structs.replace(self, **{key: value})
