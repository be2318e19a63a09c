"""What bypassing the kernel needs of it."""

import shutil
from pathlib import Path

from kbview.cli.checkup.finding import Finding
from kbview.sources.dpdk import socket_path
from kbview.sources.linux.procfs.file import number
from kbview.sources.linux.xdp import probe

_HUGEPAGES = Path("/sys/kernel/mm/hugepages")


def bpf() -> list[Finding]:
    """Does the kernel take BPF maps and programs from this process?"""
    refused = probe.bpf_refusal()
    if refused is None:
        return [Finding("BPF", True, "maps and programs are taken")]
    said, _, fix = refused.partition("; run: ")
    return [Finding("BPF", False, said, fix)]


def hugepages() -> list[Finding]:
    """Are any reserved? DPDK works without, at the price of its TLB."""
    sizes = sorted(_HUGEPAGES.iterdir()) if _HUGEPAGES.is_dir() else []
    if not sizes:
        return [Finding("hugepages", False, "this kernel has none (CONFIG_HUGETLBFS)")]
    counts = [f"{_count(size, 'free')} of {_count(size, 'nr')} of {_size(size)} free" for size in sizes]
    reserved = any(_count(size, "nr") for size in sizes)
    fix = "" if reserved else "sudo sysctl vm.nr_hugepages=512"
    said = ", ".join(counts) if reserved else "none is reserved; DPDK runs with --no-huge only"
    return [Finding("hugepages", reserved, said, fix)]


def testpmd() -> list[Finding]:
    """Is DPDK's test application installed? The lab can receive with it."""
    path = shutil.which("dpdk-testpmd")
    if path:
        return [Finding("DPDK testpmd", True, path)]
    fix = "sudo apt-get install dpdk-dev" if shutil.which("apt-get") else ""
    return [Finding("DPDK testpmd", False, "not installed; the lab does without it", fix)]


def applications() -> list[Finding]:
    """Which DPDK applications could be watched now?"""
    found = socket_path.found()
    if found:
        return [Finding("DPDK sockets", True, ", ".join(f"dpdk:{name}" for name in found))]
    if closed := socket_path.unreadable():
        said = f"{closed[0]} is not for this user to read"
        return [Finding("DPDK sockets", False, said, "sudo kbview doctor")]
    return [Finding("DPDK sockets", None, "no application is running with telemetry")]


def _count(size: Path, which: str) -> int:
    try:
        return number((size / f"{which}_hugepages").read_text(encoding="ascii").strip())
    except OSError:
        return 0


def _size(folder: Path) -> str:
    kilobytes = number(folder.name.removeprefix("hugepages-").removesuffix("kB"))
    return f"{kilobytes >> 20} GB" if kilobytes >> 20 else f"{kilobytes >> 10} MB"
