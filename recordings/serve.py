"""The server side of the recordings: HTTP, DNS and two sinks, in one event loop."""

import asyncio
import re
import signal
import socket
import struct
import sys
from asyncio import DatagramProtocol, DatagramTransport, StreamReader, StreamWriter

ADDRESS = "10.77.0.2"
HTTP_PORT, DNS_PORT, BULK_PORT, BURST_PORT = 80, 53, 5001, 9000
BULK_RCVBUF = 1 << 20  # room for what arrives while the sink waits for its turn on a core
SO_RCVBUFFORCE = 33  # include/uapi/asm-generic/socket.h; the socket module does not name it
LIFETIME_S = 120  # it ends by itself, should nobody end it

PAGES = {
    "/": ("text/html", 1_900),
    "/news": ("text/html", 5_800),
    "/style.css": ("text/css", 1_100),
    "/logo.svg": ("image/svg+xml", 2_700),
    "/status": ("text/plain", 40),
    "/api/cart": ("application/json", 320),
}
TEXT = b"A packet arrives at the network card, and from there it has a long way to go. "


# HTTP/1.1


async def serve_http(reader: StreamReader, writer: StreamWriter) -> None:
    """Answer one request after the other, until the client asks to close."""
    close = False
    while not close:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if length := re.search(r"\r\nContent-Length: (\d+)", head):
            await reader.readexactly(int(length[1]))
        method, path, _ = head.split(maxsplit=2)
        writer.write(response(method, path))
        close = "\r\nConnection: close" in head
    writer.close()


def response(method: str, path: str) -> bytes:
    """A page, or a short word of thanks for an upload."""
    media_type, length = PAGES[path] if method == "GET" else ("application/json", 64)
    status = "200 OK" if method == "GET" else "201 Created"
    head = (
        f"HTTP/1.1 {status}\r\nServer: kbview-recording\r\n"
        f"Content-Type: {media_type}\r\nContent-Length: {length}\r\n\r\n"
    )
    return head.encode() + (TEXT * (length // len(TEXT) + 1))[:length]


# The others


class Names(DatagramProtocol):
    """DNS: every name has the server's own address (RFC 1035, section 4.1)."""

    def connection_made(self, transport: DatagramTransport) -> None:  # type: ignore[override]
        """Keep the way back."""
        self.transport = transport

    def datagram_received(self, query: bytes, asker: tuple[str, int]) -> None:
        """Repeat the question, and answer it with one A record."""
        answer = struct.pack("!HHHIH", 0xC00C, 1, 1, 300, 4) + socket.inet_aton(ADDRESS)
        header = query[:2] + struct.pack("!5H", 0x8580, 1, 1, 0, 0)
        self.transport.sendto(header + query[12:] + answer, asker)


async def drain_stream(reader: StreamReader, writer: StreamWriter) -> None:
    """Read to the end, and then say so by closing."""
    while await reader.read(1 << 16):
        pass
    writer.close()


async def main() -> None:
    """Open every socket, say "ready", and serve until ended."""
    loop = asyncio.get_running_loop()
    await asyncio.start_server(serve_http, ADDRESS, HTTP_PORT)
    sink = await asyncio.start_server(drain_stream, ADDRESS, BULK_PORT)
    sink.sockets[0].setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BULK_RCVBUF)
    await loop.create_datagram_endpoint(Names, (ADDRESS, DNS_PORT))
    await loop.create_datagram_endpoint(DatagramProtocol, (ADDRESS, BURST_PORT))
    print("ready", file=sys.stderr, flush=True)
    await loop.create_future()


if __name__ == "__main__":
    signal.alarm(LIFETIME_S)
    asyncio.run(main())
