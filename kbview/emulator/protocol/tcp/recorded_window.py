"""The receive buffer that a recorded host must have had for the segments that its peer sent."""

# BIG TCP: a sender has such a segment only for a window that tcp_rcv_space_adjust() has long opened.
# A NIC that a bypass drives gets the same text in frames of an MSS, for the same window.
LONGEST_IPV4 = 65_535
TCP_RMEM_MAX = 6 << 20  # bytes: net.ipv4.tcp_rmem


def opened(rcvbuf: int, payload: int) -> int:
    """The buffer in bytes, at least `rcvbuf`, after a segment with so many bytes of text."""
    return max(rcvbuf, TCP_RMEM_MAX) if payload > LONGEST_IPV4 else rcvbuf
