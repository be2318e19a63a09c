"""The memory work of a delivered packet in rows: bytes copied, sk_buffs, TLB misses.

─ memory ───── /delivered ─
 copied     18 bytes
 sk_buffs   1.4
 TLB misses unknown
"""

from kbview.state.state import State
from kbview.tape.meter import DEFINITIONS
from kbview.ui import format as fmt
from kbview.ui.row import Row, Size, block, title_row

HELP = (
    ("copied", DEFINITIONS["copied_bytes"] + ", for each delivered packet"),
    (
        "TLB misses",
        DEFINITIONS["tlb_misses"]
        + "; not modelled in the kernel, where pages of 1 GB miss for 6 cycles at most",
    ),
)
ROWS = 4


def draw(state: State, size: Size) -> list[Row]:
    """The rule and a row for each number; "-" and "unknown" where there is none."""
    copied = state.histories.per_packet("copied_bytes")
    skbs = state.histories.per_packet("allocations")
    recent = state.histories.recent()
    misses = recent.each("tlb_misses") if recent else None
    return block(
        [
            title_row("memory", "/delivered", size.width),
            _entry("copied", f"{fmt.size(copied)} bytes" if copied is not None else "-"),
            _entry("sk_buffs", fmt.quantity(skbs) if skbs is not None else "-"),
            _entry("TLB misses", "unknown" if misses is None else fmt.quantity(misses)),
        ],
        size,
    )


def _entry(term: str, text: str) -> Row:
    return [(f" {term:<11}", "dim"), (text, "text")]
