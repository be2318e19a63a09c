"""The client side of the recordings: one function for each capture, seeded and bounded."""

import asyncio
import signal
import socket
import struct
import sys
import time
from contextlib import suppress
from random import Random
from typing import NamedTuple

from serve import ADDRESS, BULK_PORT, BURST_PORT, DNS_PORT, HTTP_PORT, PAGES

LIFETIME_S = 15
CONNECTIONS, WORKERS = 60, 6
BULK_BYTES = 2_500_000
BURSTS, FLOWS = 32, 6
BURST_SIZES = (8, 16, 32, 64, 128, 256)
GAP_NS = (1_000_000, 2_000_000)
TRICKLE_NS = 200_000
PAYLOAD = 18  # bytes that make the smallest Ethernet frame: 64 with its check sequence
CLOSED_PORT = 443
ECHO_REQUEST, ECHO_REPLY = 8, 0
UDP_SEGMENT, UDP_MAX_SEGMENTS = 103, 128  # include/uapi/linux/udp.h, include/linux/udp.h


# http: many short connections, a few at a time


def request(random: Random, last: bool) -> bytes:
    """What a browser sends: 300 to 900 bytes of head, most of them a cookie; at times a body."""
    upload = random.random() < 0.2
    body = random.randbytes(random.randint(500, 2_500)).hex() if upload else ""
    lines = (
        f"{'POST /upload' if upload else 'GET ' + random.choice(list(PAGES))} HTTP/1.1",
        f"Host: {ADDRESS}",
        "User-Agent: Mozilla/5.0 (kbview recording)",
        "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/svg+xml,*/*;q=0.8",
        "Accept-Language: en-GB,en;q=0.8,de;q=0.5",
        f"Cookie: session={random.randbytes(random.randint(20, 300)).hex()}",
        *([f"Content-Length: {len(body)}"] if upload else []),
        f"Connection: {'close' if last else 'keep-alive'}",
    )
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


async def visit(number: int) -> None:
    """One short connection with one request, or sometimes two."""
    random = Random(number)
    reader, writer = await asyncio.open_connection(ADDRESS, HTTP_PORT)
    for last in (True,) if random.random() < 0.6 else (False, True):
        writer.write(request(random, last))
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        await reader.readexactly(int(head.rpartition("Content-Length: ")[2]))
    await reader.read()  # until the server has closed
    writer.close()
    await writer.wait_closed()


async def work(number: int) -> None:
    """One worker's share of the visits."""
    for visitor in range(number, CONNECTIONS, WORKERS):
        await visit(visitor)


async def work_together() -> None:
    """All workers at once."""
    await asyncio.gather(*map(work, range(WORKERS)))


def http() -> None:
    """Many short connections, `WORKERS` of them at a time."""
    asyncio.run(work_together())


# bulk: a single long one


def bulk() -> None:
    """One upload, as fast as it goes."""
    data = bytes(range(256)) * (BULK_BYTES // 256)
    with socket.create_connection((ADDRESS, BULK_PORT), timeout=5) as upload:
        upload.sendall(data)
        upload.shutdown(socket.SHUT_WR)
        upload.recv(1)


# udp-bursts: smallest frames back to back, then silence, beside a steady trickle


class Departure(NamedTuple):
    """Datagrams of one flow that leave together."""

    due_ns: int
    flow: int
    datagrams: int


def departures(random: Random) -> list[Departure]:
    """Bursts, each from one flow or from all of them, and flow 0 at its steady pace."""
    plan, due_ns = [], 0
    for _ in range(BURSTS):
        due_ns += random.randint(*GAP_NS)
        count = random.choice(BURST_SIZES)
        if random.random() < 0.5:
            plan.append(Departure(due_ns, random.randint(1, FLOWS), count))
        else:
            shares = (count // FLOWS + (flow < count % FLOWS) for flow in range(FLOWS))
            plan += [Departure(due_ns, 1 + flow, share) for flow, share in enumerate(shares)]
    plan += [Departure(time_ns, 0, 1) for time_ns in range(0, due_ns, TRICKLE_NS)]
    return sorted(plan)


def send_burst(sender: socket.socket, payload: bytes) -> None:
    """Hand the kernel many datagrams in one call, so that nothing comes between them."""
    most = PAYLOAD * UDP_MAX_SEGMENTS
    for start in range(0, len(payload), most):
        try:
            sender.send(payload[start : start + most])
        except OSError:  # before Linux 6.11 the device had to offload checksums for this
            sender.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 0)
            for each in range(start, min(start + most, len(payload)), PAYLOAD):
                sender.send(payload[each : each + PAYLOAD])


def udp_bursts() -> None:
    """Keep to the plan, waiting by looking at the clock."""
    senders = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(1 + FLOWS)]
    for flow, sender in enumerate(senders):
        sender.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, PAYLOAD)
        sender.bind(("", 40_000 + flow))
        sender.connect((ADDRESS, BURST_PORT))
    plan = departures(Random(BURST_PORT))
    payloads = [
        b"".join(b"kbview %d %03d/%05d" % (flow, one, number) for one in range(datagrams))
        for number, (_, flow, datagrams) in enumerate(plan)
    ]
    start_ns = time.perf_counter_ns()
    for (due_ns, flow, _), payload in zip(plan, payloads, strict=True):
        while time.perf_counter_ns() - start_ns < due_ns:
            pass
        send_burst(senders[flow], payload)


# mixed: a little of everything


def ask_name(name: str, identifier: int) -> None:
    """A DNS query for an A record, and the wait for its response."""
    header = struct.pack("!6H", identifier, 0x0100, 1, 0, 0, 0)
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        asker.settimeout(5)
        asker.sendto(header + labels + struct.pack("!BHH", 0, 1, 1), (ADDRESS, DNS_PORT))
        asker.recv(512)


def internet_checksum(data: bytes) -> int:
    """RFC 1071, for an even number of bytes."""
    total: int = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total ^ 0xFFFF


def ping(sequence: int, length: int) -> None:
    """An echo request, and the wait for its reply."""
    payload = bytes(number & 0xFF for number in range(length))
    blank = struct.pack("!BBHHH", ECHO_REQUEST, 0, 0, 77, sequence) + payload
    message = blank[:2] + struct.pack("!H", internet_checksum(blank)) + blank[4:]
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP) as asker:
        asker.settimeout(5)
        asker.sendto(message, (ADDRESS, 0))
        while asker.recv(65535)[20] != ECHO_REPLY:
            pass


def knock() -> None:
    """Nobody listens here: TCP answers with a reset, UDP with an ICMP message."""
    with suppress(ConnectionRefusedError):
        socket.create_connection((ADDRESS, CLOSED_PORT), timeout=5).close()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.settimeout(5)
        sender.connect((ADDRESS, CLOSED_PORT))
        sender.send(b"is anybody there?")
        with suppress(ConnectionRefusedError):
            sender.recv(1)


def mixed() -> None:
    """One thing after another, as on a quiet network."""
    for number in range(12):
        ask_name(f"{('www', 'mail', 'api')[number % 3]}.example.org", number)
        asyncio.run(visit(CONNECTIONS + number))
        ping(number, 56)
        if number % 4 == 1:
            ping(1000 + number, 4000)  # three fragments each way
            knock()


def hello() -> None:
    """One question and answer, so that both sides know the other's Ethernet address."""
    ask_name("hello.example", 0)


FUNCTIONS = {"hello": hello, "http": http, "bulk": bulk, "udp-bursts": udp_bursts, "mixed": mixed}

if __name__ == "__main__":
    signal.alarm(LIFETIME_S)
    FUNCTIONS[sys.argv[1]]()
