"""The places in the kernel's structures that the programs read, as this kernel lays them out."""

import os

import msgspec

from kbview.packet.filter.filter_tree import Tree
from kbview.sources.linux.bpf.btf import KernelTypes

# Name here, then structure and members.
_MEMBERS: dict[str, tuple[str, ...]] = {
    "skb_dev": ("sk_buff", "dev"),
    "skb_iif": ("sk_buff", "skb_iif"),
    "skb_len": ("sk_buff", "len"),
    "skb_data": ("sk_buff", "data"),
    "skb_head": ("sk_buff", "head"),
    "skb_network": ("sk_buff", "network_header"),
    "skb_mac": ("sk_buff", "mac_header"),
    "skb_protocol": ("sk_buff", "protocol"),
    "skb_vlan_proto": ("sk_buff", "vlan_proto"),
    "skb_vlan_tci": ("sk_buff", "vlan_tci"),
    "skb_truesize": ("sk_buff", "truesize"),
    "skb_queue": ("sk_buff", "queue_mapping"),
    "skb_dst": ("sk_buff", "_skb_refdst"),
    "dst_dev": ("dst_entry", "dev"),
    "dev_index": ("net_device", "ifindex"),
    "dev_net": ("net_device", "nd_net", "net"),
    "net_number": ("net", "ns", "inum"),
    "napi_dev": ("napi_struct", "dev"),
    "sk_net": ("sock", "__sk_common", "skc_net", "net"),
    "sk_state": ("sock", "__sk_common", "skc_state"),
    "sk_port": ("sock", "__sk_common", "skc_num"),
    "sk_protocol": ("sock", "sk_protocol"),
    "sk_waiting": ("sock", "sk_receive_queue", "qlen"),
    "sk_queued": ("sock", "sk_backlog", "rmem_alloc"),
    "sk_rcvbuf": ("sock", "sk_rcvbuf"),
    "udp_waiting": ("udp_sock", "reader_queue", "qlen"),
    "tcp_read": ("tcp_sock", "copied_seq"),
    "tcp_received": ("tcp_sock", "rcv_nxt"),
}


class KernelLayout(msgspec.Struct, frozen=True):
    """Offsets in bytes, and the watched interface: its index and the number of its namespace.

    `counted` is the filter of the packets that are counted, `told` of the ones that may be followed;
    None takes all.
    """

    index: int
    namespace: int
    offsets: dict[str, int]
    counted: Tree | None = None
    told: Tree | None = None

    def __getitem__(self, name: str) -> int:
        return self.offsets[name]


def layout_of(
    types: KernelTypes, index: int, counted: Tree | None = None, told: Tree | None = None
) -> KernelLayout:
    """The layout for an interface of this thread's namespace. ValueError if a member is missing."""
    namespace = os.stat("/proc/thread-self/ns/net").st_ino
    return KernelLayout(index, namespace, types.offsets(_MEMBERS), counted, told)
