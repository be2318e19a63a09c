"""The driver, the offloads and the counters of a link, by an ioctl (SIOCETHTOOL, linux/ethtool.h)."""

import ctypes
import fcntl
import socket
import struct

_SIOCETHTOOL = 0x8946
_GDRVINFO = 0x3  # ETHTOOL_GDRVINFO: struct ethtool_drvinfo begins with its command and `driver`
_DRIVER_INFO = struct.Struct("=I32s160x")
_GSTRINGS, _GSTATS, _GSSET_INFO = 0x1B, 0x1D, 0x37
_SS_STATS, _NAME = 1, 32  # ETH_SS_STATS, ETH_GSTRING_LEN
_SET_INFO, _STRINGS, _STATISTICS = struct.Struct("=I4xQI"), struct.Struct("=III"), struct.Struct("=II")
_MOST_STATISTICS = 8192
_SETTERS = {  # ETHTOOL_S...
    "rx-checksum": 0x15,
    "tx-checksum": 0x17,
    "scatter-gather": 0x19,
    "tso": 0x1F,
    "gso": 0x24,
    "gro": 0x2C,
}


def driver(link: str) -> str:
    """The driver of a link in this thread's namespace; "" where it names none, as `lo` does."""
    held = ctypes.create_string_buffer(_DRIVER_INFO.pack(_GDRVINFO, b""), _DRIVER_INFO.size)
    try:
        _ask(link, held)
    except OSError:
        return ""
    name: bytes = _DRIVER_INFO.unpack(held.raw)[1]
    return name.rstrip(b"\0").decode("ascii", "replace")


class DeviceStatistics:
    """A driver's own counters, as `ethtool -S` lists them; no root needed.

    The link is one of this thread's namespace. A driver without counters has none of them.
    """

    def __init__(self, link: str) -> None:
        self._link = link
        self._control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._names = self._read_names()
        except OSError:
            self._names = []

    def read(self) -> dict[str, int]:
        """All of them by name; empty once the link is gone."""
        count = len(self._names)
        if not count:
            return {}
        head = _STATISTICS.pack(_GSTATS, count)
        held = ctypes.create_string_buffer(head, _STATISTICS.size + 8 * count)
        try:
            self._ask(held)
        except OSError:
            return {}
        values = struct.unpack_from(f"={count}Q", held.raw, _STATISTICS.size)
        return dict(zip(self._names, values, strict=True))

    def _read_names(self) -> list[str]:
        asked = _SET_INFO.pack(_GSSET_INFO, 1 << _SS_STATS, 0)
        info = ctypes.create_string_buffer(asked, _SET_INFO.size)
        self._ask(info)
        _, mask, count = _SET_INFO.unpack(info.raw)
        if not mask or not 0 < count <= _MOST_STATISTICS:
            return []
        head = _STRINGS.pack(_GSTRINGS, _SS_STATS, count)
        held = ctypes.create_string_buffer(head, _STRINGS.size + _NAME * count)
        self._ask(held)
        places = range(_STRINGS.size, _STRINGS.size + _NAME * count, _NAME)
        names = (held.raw[at : at + _NAME].partition(b"\0")[0] for at in places)
        return [name.decode("ascii", "replace") for name in names]

    def _ask(self, held: "ctypes.Array[ctypes.c_char]") -> None:
        request = struct.pack("16sQ16x", self._link.encode(), ctypes.addressof(held))
        fcntl.ioctl(self._control, _SIOCETHTOOL, request)

    def close(self) -> None:
        """Ask no more."""
        self._control.close()


def set_offload(link: str, feature: str, *, on: bool) -> None:
    """Turn one offload of a link in this thread's namespace on or off; OSError if it will not."""
    value = struct.pack("II", _SETTERS[feature], on)
    _ask(link, ctypes.create_string_buffer(value, len(value)))


def _ask(link: str, held: "ctypes.Array[ctypes.c_char]") -> None:
    request = struct.pack("16sQ16x", link.encode(), ctypes.addressof(held))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCETHTOOL, request)
