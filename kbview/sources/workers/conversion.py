"""The conversion: a veth's own copy of each frame in front of an XDP program.

    sender's sk_buff -> veth_xdp_rcv_skb()
                          veth_convert_skb_to_xdp_buff()   its head is no page
                            skb_pp_cow_data()              an sk_buff on a page: one copy of the frame
                          XDP program -> __xsk_rcv()       one copy into the umem
                        both sk_buffs are freed: none reaches the stack

Every frame of a packet socket or of the stack takes this way, for their sk_buffs have kmalloc()ed heads
(skb_head_is_locked()). On Linux 6.18 at 3,000 frames a second skb:consume_skb counts 3,007 in
skb_pp_cow_data() and 3,007 in veth_xdp_rcv_skb(). Linux:
drivers/net/veth.c, net/core/skbuff.c skb_pp_cow_data().
"""

from kbview.sources.linux import ethtool

CONVERTED_COPIES = 2  # into the page, into the umem
CONVERTED_SKBS = 2  # the sender's, and the one on the page
_VETH = "veth"


def converts(link: str, mode: str) -> bool:
    """Whether the driver of a link in this thread's namespace converts, in an AF_XDP socket's mode."""
    return mode == "copy" and ethtool.driver(link) == _VETH
