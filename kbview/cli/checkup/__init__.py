"""The checks of `kbview doctor`. Adding one: a function that returns findings, and a line below."""

from collections.abc import Callable

from kbview.cli.checkup import bypass, machine, sources, terminal
from kbview.cli.checkup.finding import Finding

CHECKS: tuple[Callable[[], list[Finding]], ...] = (
    machine.kernel,
    machine.capabilities,
    sources.findings,
    bypass.bpf,
    bypass.hugepages,
    bypass.testpmd,
    bypass.applications,
    terminal.findings,
)
