"""Time of the hardware itself: bus, caches, idle states. Most of it no core spends."""

from kbview.tape.steps.declaration import Declaration

_IDLE = ("socket", "screenq", "block", "epoll", "softirq", "irq", "poll")
_IDLE_STATE = "A core that idled for long sleeps deeply: caches and clock need time to come back."

HARDWARE: dict[str, Declaration] = {
    "pcie_frame": Declaration(
        "PCIe, a memory write",
        "The frame crosses PCIe as memory writes of the bus.",
        ("NIC",),
    ),
    "pcie_completion": Declaration(
        "PCIe, a completion entry",
        "The NIC writes a completion entry for the frame, behind the frame itself.",
        ("NIC",),
    ),
    "pcie_completion_compressed": Declaration(
        "PCIe, compressed completion entries",
        "The NIC writes the completion entries of several frames at once.",
        ("NIC",),
    ),
    "pcie_transmit": Declaration(
        "PCIe, memory reads", "The NIC reads descriptor and frame from memory.", ("tx ring", "NIC")
    ),
    "nic_frame": Declaration(
        "the NIC's pipeline", "The NIC needs this long for each frame, however short it is.", ("NIC",)
    ),
    "partial_line_write": Declaration(
        "a write of part of a cache line",
        "The frame's last bytes fill no whole cache line, so memory reads the line before it writes.",
        ("NIC",),
    ),
    "iotlb_miss": Declaration(
        "a page walk of the IOMMU",
        "The IOMMU has no translation for the buffer's page and reads its page tables.",
        ("NIC",),
    ),
    "c1e_exit": Declaration("cpuidle, C1E", _IDLE_STATE, _IDLE, passes=False),
    "c3_exit": Declaration("cpuidle, C3", _IDLE_STATE, _IDLE, passes=False),
    "c6_exit": Declaration("cpuidle, C6", _IDLE_STATE, _IDLE, passes=False),
    "llc_miss": Declaration(
        "a load from DRAM",
        "The last-level cache no longer holds the frame, so the load waits for DRAM.",
        ("XDP", "copy", "skb", "poll", "rx_burst", "read", "handler", "softirq"),
        passes=False,
    ),
}
