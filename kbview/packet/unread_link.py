"""Link types that are not read: their names after LINKTYPE_, and what they carry.

https://www.tcpdump.org/linktypes.html
"""

from typing import NamedTuple

_NO_IP = "no Ethernet and no IP packets"
_OWN = "IP packets behind headers that kbview does not read"


class Unread(NamedTuple):
    """A name, and the end of "link type N (NAME) carries ..."."""

    name: str
    carries: str


_USB = "transfers of a bus, " + _NO_IP
_RADIO = "radio frames, " + _NO_IP
_6LOWPAN = "radio frames, IPv6 only as 6LoWPAN, which kbview does not read"
_ETHERNET = "Ethernet frames behind headers that kbview does not read"
_FIBRE = "Fibre Channel frames, which kbview does not read"
_PRIVATE = "packets of a private kind: the number has no public meaning"
_TELEPHONY = "telephone signalling, " + _NO_IP

UNREAD = {
    2: Unread("EXP_ETHERNET", "frames of the 3 Mb/s experimental Ethernet, which kbview does not read"),
    3: Unread("AX25", _OWN),
    7: Unread("ARCNET_BSD", _OWN),
    99: Unread("SYMANTEC_FIREWALL", _OWN),
    106: Unread("ATM_CLIP", _OWN),
    114: Unread("LTALK", "AppleTalk, " + _NO_IP),
    116: Unread("IPFILTER", _OWN),
    118: Unread("CISCO_IOS", _OWN),
    129: Unread("ARCNET_LINUX", _OWN),
    **{number: Unread("JUNIPER", _OWN) for number in (*range(130, 138), 178, 179, 180, 181, 183, 194)},
    139: Unread("MTP2_WITH_PHDR", _TELEPHONY),
    140: Unread("MTP2", _TELEPHONY),
    141: Unread("MTP3", _TELEPHONY),
    142: Unread("SCCP", _TELEPHONY),
    143: Unread("DOCSIS", _ETHERNET),
    144: Unread("LINUX_IRDA", "infrared frames, " + _NO_IP),
    **{number: Unread(f"USER{number - 147}", _PRIVATE) for number in range(147, 163) if number != 149},
    165: Unread("BACNET_MS_TP", "building automation, " + _NO_IP),
    169: Unread("GPRS_LLC", _OWN),
    177: Unread("LINUX_LAPD", _TELEPHONY),
    186: Unread("USB", _USB),
    187: Unread("BLUETOOTH_HCI_H4", _RADIO),
    188: Unread("IEEE802_16_MAC_CPS", _OWN),
    189: Unread("USB_LINUX", _USB),
    190: Unread("CAN20B", _USB),
    195: Unread("IEEE802_15_4_WITHFCS", _6LOWPAN),
    199: Unread("IPMB_KONTRON", _USB),
    201: Unread("BLUETOOTH_HCI_H4_WITH_PHDR", _RADIO),
    202: Unread("AX25_KISS", _OWN),
    203: Unread("LAPD", _TELEPHONY),
    209: Unread("IPMB_LINUX", _USB),
    210: Unread("FLEXRAY", _USB),
    212: Unread("LIN", _USB),
    215: Unread("IEEE802_15_4_NONASK_PHY", _6LOWPAN),
    220: Unread("USB_LINUX_MMAPPED", _USB),
    224: Unread("FC_2", _FIBRE),
    225: Unread("FC_2_WITH_FRAME_DELIMS", _FIBRE),
    227: Unread("CAN_SOCKETCAN", _USB),
    230: Unread("IEEE802_15_4_NOFCS", _6LOWPAN),
    231: Unread("DBUS", "messages between programs, " + _NO_IP),
    240: Unread("NETANALYZER", _ETHERNET),
    241: Unread("NETANALYZER_TRANSPARENT", _ETHERNET),
    243: Unread("MPEG_2_TS", "a video stream, " + _NO_IP),
    245: Unread("NFC_LLCP", _RADIO),
    247: Unread("INFINIBAND", "InfiniBand frames, which kbview does not read"),
    248: Unread("SCTP", "SCTP packets without IP headers"),
    249: Unread("USBPCAP", _USB),
    251: Unread("BLUETOOTH_LE_LL", _RADIO),
    252: Unread("WIRESHARK_UPPER_PDU", "messages of upper layers, " + _NO_IP),
    253: Unread("NETLINK", "messages between kernel and programs, " + _NO_IP),
    254: Unread("BLUETOOTH_LINUX_MONITOR", _RADIO),
    256: Unread("BLUETOOTH_LE_LL_WITH_PHDR", _RADIO),
    265: Unread("USB_DARWIN", _USB),
    271: Unread("VSOCK", "sockets between virtual machines, " + _NO_IP),
    280: Unread("VPP_DISPATCH", _OWN),
}
