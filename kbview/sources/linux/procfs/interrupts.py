"""/proc/interrupts: how often each interrupt line fired on each core. Linux: kernel/irq/proc.c."""

from typing import NamedTuple

from kbview.sources.linux.procfs.file import number


class InterruptLine(NamedTuple):
    """One interrupt: its number or letters, all cores together, and what is said of it.

    What is said ends with who asked for it, several if they share it.
    """

    label: str
    total: int
    said: str


def parse(text: str) -> list[InterruptLine]:
    """The lines, in their order."""
    heading, _, rest = text.partition("\n")
    cores = len(heading.split())
    lines = []
    for line in rest.splitlines():
        label, colon, fields = line.partition(":")
        words = fields.split()
        counts = [word for word in words[:cores] if word.isdecimal()]
        if colon and counts:
            said = " ".join(words[len(counts) :])
            lines.append(InterruptLine(label.strip(), sum(map(number, counts)), said))
    return lines
