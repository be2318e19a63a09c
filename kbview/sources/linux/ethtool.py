"""Offloads of a link, by the ioctl that every Linux has (SIOCETHTOOL, linux/ethtool.h)."""

import ctypes
import fcntl
import socket
import struct

_SIOCETHTOOL = 0x8946
_SETTERS = {  # ETHTOOL_S...
    "rx-checksum": 0x15,
    "tx-checksum": 0x17,
    "scatter-gather": 0x19,
    "tso": 0x1F,
    "gso": 0x24,
    "gro": 0x2C,
}


def set_offload(link: str, feature: str, *, on: bool) -> None:
    """Turn one offload of a link in this thread's namespace on or off; OSError if it will not."""
    value = struct.pack("II", _SETTERS[feature], on)
    held = ctypes.create_string_buffer(value, len(value))
    request = struct.pack("16sQ16x", link.encode(), ctypes.addressof(held))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCETHTOOL, request)
