"""ICMP echoes on a socket of their own, by icmplib's sockets and packets.

Not its `async_ping`: a raw socket is handed every ICMP packet of the host, so that 50 pings at once
read each other's answers, 2,500 where 50 came, and lose their own. The kernel filters them here. An
unprivileged socket is handed its own alone.
"""

from __future__ import annotations

import asyncio
import ctypes
import socket
import struct
from contextlib import suppress

from icmplib import (
    AsyncSocket,
    ICMPLibError,
    ICMPRequest,
    ICMPv4Socket,
    ICMPv6Socket,
    async_resolve,
    is_hostname,
    is_ipv6_address,
)
from icmplib.utils import unique_identifier

_ATTACH_FILTER = 26  # SO_ATTACH_FILTER of Linux's asm-generic/socket.h
_REPLY_V4, _REPLY_V6 = 0, 129  # echo reply [RFC 792, RFC 4443]

# Instructions of the classic BPF (linux/bpf_common.h): operation, jump if true, if false, operand.
_Code = list[tuple[int, int, int, int]]
_IP_HEADER = (
    0xB1,
    0,
    0,
    0,
)  # x = length of the IPv4 header, which a raw IPv4 socket is handed, too
_NO_HEADER = (0x01, 0, 0, 0)  # x = 0: a raw IPv6 socket is handed none


async def echoes(
    address: str, *, count: int, interval_s: float, timeout_s: float, size: int, privileged: bool
) -> list[float]:
    """The round trips in ms of the echoes that came back. Raises ICMPLibError, OSError where none
    can be sent."""
    if is_hostname(address):
        address = (await async_resolve(address))[0]
    v6 = is_ipv6_address(address)
    own = (ICMPv6Socket if v6 else ICMPv4Socket)(None, privileged)
    id_ = unique_identifier()
    found: list[float] = []
    with AsyncSocket(own) as sock:
        if privileged:
            _only_replies_to(own.sock, id_, v6=v6)
        for sequence in range(count):
            if sequence:
                await asyncio.sleep(interval_s)
            request = ICMPRequest(address, id_, sequence, payload_size=size)
            with suppress(ICMPLibError):  # not sent, or not answered
                sock.send(request)
                reply = await sock.receive(request, timeout_s)
                reply.raise_for_status()
                found.append((reply.time - request.time) * 1000)
    return found


def _only_replies_to(own: socket.socket, id_: int, *, v6: bool) -> None:
    """Have the kernel drop whatever is no answer to these echoes."""
    code: _Code = [
        _NO_HEADER if v6 else _IP_HEADER,
        (0x50, 0, 0, 0),  # the type
        (0x15, 0, 3, _REPLY_V6 if v6 else _REPLY_V4),
        (0x48, 0, 0, 4),  # the identifier
        (0x15, 0, 1, id_),
        (0x06, 0, 0, 0xFFFF),  # take it
        (0x06, 0, 0, 0),  # drop it
    ]
    packed = b"".join(struct.pack("HBBI", *one) for one in code)
    buffer = ctypes.create_string_buffer(packed)  # must live until the call has copied it
    program = struct.pack("HL", len(code), ctypes.addressof(buffer))
    own.setsockopt(socket.SOL_SOCKET, _ATTACH_FILTER, program)
