"""How a TPACKET_V3 ring lies in memory, and the numbers of its socket options.

    ring   = block block block ...          each `tp_block_size` bytes
    block  = descriptor packet packet ...   whose owner is `block_status`: 0 kernel, bit 0 user
    packet = tpacket3_hdr sockaddr_ll . frame       next one `tp_next_offset` bytes on

Linux: include/uapi/linux/if_packet.h, Documentation/networking/packet_mmap.rst
"""

import struct

SOL_PACKET = 263
PACKET_ADD_MEMBERSHIP, PACKET_RX_RING, PACKET_STATISTICS = 1, 5, 6
PACKET_VERSION, PACKET_FANOUT, PACKET_IGNORE_OUTGOING = 10, 18, 23
PACKET_MR_PROMISC = 1
PACKET_FANOUT_HASH = 0
PACKET_FANOUT_FLAG_UNIQUEID, PACKET_FANOUT_FLAG_IGNORE_OUTGOING = 0x2000, 0x4000
TPACKET_V3 = 2
ETH_P_ALL = 3

TP_STATUS_KERNEL = 0
TP_STATUS_VLAN_VALID = 1 << 4
VLAN_TAG = 4  # bytes of an 802.1Q tag, which the kernel takes off the frame
TP_STATUS_BLK_TMO = 1 << 5  # the block was handed over by its timer, not because it was full
TP_FT_REQ_FILL_RXHASH = 1
ALIGNMENT = 8  # of each packet in a block: V3_ALIGNMENT

# tpacket_req3: block size, blocks, frame size, frames, retire timeout in ms, private bytes, features
REQUEST = struct.Struct("=7I")
FRAME_SIZE = 2048  # only divides blocks for the request's own check; packets lie densely
STATISTICS = struct.Struct("=3I")  # tpacket_stats_v3: packets (drops included), drops, freezes
FANOUT = struct.Struct("=I")  # the group's id below, type and flags above bit 16
MEMBERSHIP = struct.Struct("=iHH8s")  # packet_mreq

STATUS = 8  # of block_status in the block descriptor
# tpacket_block_desc from block_status on: status, packets, offset of the first, length, sequence
# number, then the stamps of the first and last packet, seconds and nanoseconds
BLOCK = struct.Struct("=IIIIQIIII")
BLOCK_HEADER = 48  # bytes of the whole descriptor; they are counted in its length

# tpacket3_hdr: next, seconds, nanoseconds, captured, length, status, mac, net, rxhash, vlan tci, tpid
PACKET = struct.Struct("=6IHHIIH")
# of it: next, seconds, nanoseconds, captured, length, status, rxhash
BRIEF = struct.Struct("=IIIIII4xI")
PROTOCOL = struct.Struct("=48x2x2s")  # of the sockaddr_ll behind it: the ethertype
