"""Traffic as a file that Suricata reads: packets of TCP and UDP with what they carry, without a network."""

import socket
import ssl
import struct
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import Final

SYN, ACK, PUSH = 0x02, 0x10, 0x08
_HEADER: Final = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)  # 101: packets of IP, without Ethernet


def _ip(source: str, target: str, protocol: int, inside: bytes) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(inside), 1, 0, 64, protocol, 0)
    head += socket.inet_aton(source) + socket.inet_aton(target)
    total = sum(struct.unpack("!10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    return head[:10] + struct.pack("!H", ~(total + (total >> 16)) & 0xFFFF) + head[12:] + inside


def _tcp(one: tuple[str, int], other: tuple[str, int], flags: int, at: tuple[int, int], said: bytes = b"") -> bytes:
    head = struct.pack("!HHIIBBHHH", one[1], other[1], *at, 0x50, flags, 65535, 0, 0)
    return _ip(one[0], other[0], 6, head + said)


def knock(client: tuple[str, int], server: tuple[str, int]) -> list[bytes]:
    """One wants to talk to the other; nobody answers yet."""
    return [_tcp(client, server, SYN, (100, 0))]


def talk(client: tuple[str, int], server: tuple[str, int], asks: bytes, answers: bytes = b"") -> list[bytes]:
    packets = [*knock(client, server), _tcp(server, client, SYN | ACK, (500, 101))]
    packets += [_tcp(client, server, ACK, (101, 501)), _tcp(client, server, PUSH | ACK, (101, 501), asks)]
    packets += [_tcp(server, client, PUSH | ACK, (501, 101 + len(asks)), answers)] if answers else []
    return [*packets, _tcp(client, server, ACK, (101 + len(asks), 501 + len(answers)))]


def ask_for(name: str, client: str, server: str) -> list[bytes]:
    """A question to a server of names."""
    labels = b"".join(bytes([len(one)]) + one.encode() for one in name.split("."))
    said = struct.pack("!HHHHHH", 7, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", 1, 1)
    return [_ip(client, server, 17, struct.pack("!HHHH", 40000, 53, 8 + len(said), 0) + said)]


def hello(host: str) -> bytes:
    """How a browser begins."""
    inside, outside = ssl.MemoryBIO(), ssl.MemoryBIO()
    try:
        ssl.create_default_context().wrap_bio(inside, outside, server_hostname=host).do_handshake()
    except ssl.SSLWantReadError:
        return outside.read()
    raise AssertionError("nobody was there to answer")


def write(path: Path, packets: Iterable[bytes]) -> Path:
    """A hundred a second."""
    clock = count()
    with path.open("wb") as file:
        file.write(_HEADER)
        for packet in packets:
            at = next(clock) * 10_000
            file.write(struct.pack("<IIII", 1_800_000_000 + at // 10**6, at % 10**6, len(packet), len(packet)) + packet)
    return path
