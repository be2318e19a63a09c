"""Whether an AF_XDP socket could be had here, tried without touching any interface."""

import errno
import os
import socket

from kbview.sources.linux.xdp import attachment
from kbview.sources.linux.xdp.xsk import AF_XDP

_AS_ROOT = "; run: sudo kbview xdp:IFACE"


def socket_refusal() -> str | None:
    """None, or why the kernel gives no AF_XDP socket and no map to find it by."""
    try:
        socket.socket(AF_XDP, socket.SOCK_RAW, 0).close()
    except PermissionError:
        return f"AF_XDP sockets take CAP_NET_RAW{_AS_ROOT}"
    except OSError as error:
        return f"this kernel has no AF_XDP sockets ({error.strerror}); it needs CONFIG_XDP_SOCKETS"
    return bpf_refusal()


def bpf_refusal() -> str | None:
    """None, or why the kernel takes no BPF map of ours."""
    try:
        os.close(attachment.create_xskmap(1))
    except PermissionError:
        return f"bpf(2) is not permitted: it takes CAP_BPF and CAP_NET_ADMIN{_AS_ROOT}"
    except OSError as error:
        what = "CONFIG_BPF_SYSCALL" if error.errno == errno.ENOSYS else "CONFIG_XDP_SOCKETS"
        return f"bpf(2) makes no XSKMAP ({os.strerror(error.errno or 0)}); it needs {what}"
    return None
