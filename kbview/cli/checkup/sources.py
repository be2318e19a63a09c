"""Every kind of source says itself whether it can run here."""

from kbview.cli.checkup.finding import Finding
from kbview.sources.resolve import OPENERS


def findings() -> list[Finding]:
    """One for each; where it cannot, its own sentence, whose command stands behind "run: "."""
    return [_finding(opener.name, opener.summary, opener.can_run()) for opener in OPENERS]


def _finding(name: str, summary: str, reason: str | None) -> Finding:
    if reason is None:
        return Finding(f"source {name}", True, summary)
    said, found, fix = reason.partition("; run: ")
    return Finding(f"source {name}", False, said, fix if found else "")
