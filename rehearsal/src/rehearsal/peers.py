"""User at the other end of a loopback connection, as the kernel tells it.

A server on a loopback port is reached by every user of the machine. Where the other side cannot
send a password, as Pulumi's engine cannot, the owner of its socket tells who it is.

The kernel finds one socket by its addresses (NETLINK_SOCK_DIAG, see sock_diag(7)) in microseconds.
A kernel without that has the table of all sockets, /proc/net/tcp, see proc(5).
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

Address = tuple[str, int]

_SOCK_DIAG_BY_FAMILY, _REQUEST, _NETLINK_SOCK_DIAG = 20, 1, 4
_NO_SOCKET, _LISTENING = errno.ENOENT, 10
_ANY_STATE, _ANY_COOKIE = 0xFFFFFFFF, b"\xff" * 8
_HEADER = struct.Struct("=IHHII")  # struct nlmsghdr
_QUERY = struct.Struct("=BBBxI")  # struct inet_diag_req_v2, up to the socket's id
_OWNER = struct.Struct("=II")  # uid and inode, the last of struct inet_diag_msg
_OWNER_AT = 64
_NOWHERE = ("0.0.0.0", 0)
_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")


def is_own(client: Address, server: Address) -> bool:
    """Return whether this process's user owns the client's end of a connection to a server here."""
    return owner(client, server) == os.getuid()


def is_own_server(server: Address) -> bool:
    """Return whether this process's user listens at an address.

    The port of a server that does not run is free for any user of the machine.
    """
    return _found(server, _NOWHERE, listens=True) == os.getuid()


def owner(client: Address, server: Address) -> int | None:
    """Return the id of the user who owns the client's end of a connection; None without one.

    A socket that its process has closed has no owner: the kernel names root for it.
    """
    return _found(client, server, listens=False)


def _found(local: Address, remote: Address, *, listens: bool) -> int | None:
    """Return the owner of a socket that listens, or of one that does not."""
    try:
        found = _ask_kernel(local, remote)
    except OSError:
        found = next(_in_tables(local, remote), None)
    if found is None or (found[0] == _LISTENING) != listens:
        return None
    _, uid, inode = found
    return uid if inode else None


def _ask_kernel(client: Address, server: Address) -> tuple[int, int, int] | None:
    """Return state, uid and inode of a socket; one that listens if there is no connection.

    Raises:
        OSError: This kernel does not answer such questions.
    """
    query = _QUERY.pack(socket.AF_INET, socket.IPPROTO_TCP, 0, _ANY_STATE)
    ports = struct.pack("!HH", client[1], server[1])
    addresses = b"".join(socket.inet_aton(one[0]).ljust(16, b"\0") for one in (client, server))
    body = query + ports + addresses + bytes(4) + _ANY_COOKIE
    head = _HEADER.pack(_HEADER.size + len(body), _SOCK_DIAG_BY_FAMILY, _REQUEST, 0, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG) as kernel:
        kernel.sendto(head + body, (0, 0))
        answer = kernel.recv(4096)
    if _HEADER.unpack_from(answer)[1] != _SOCK_DIAG_BY_FAMILY:
        code = -struct.unpack_from("=i", answer, _HEADER.size)[0]
        if code == _NO_SOCKET:
            return None
        raise OSError(code, os.strerror(code))
    uid, inode = _OWNER.unpack_from(answer, _HEADER.size + _OWNER_AT)
    return answer[_HEADER.size + 1], uid, inode


def _in_tables(client: Address, server: Address) -> Iterator[tuple[int, int, int]]:
    """Yield state, uid and inode of a socket from the tables of all sockets."""
    for table in map(Path, _TABLES):
        if table.exists():
            for line in table.read_text().splitlines()[1:]:
                _, local, remote, state, *_, uid, _, inode = line.split()[:10]
                if (_address(local), _address(remote)) == (client, server):
                    yield int(state, 16), int(uid), int(inode)


def _address(text: str) -> Address:
    """Return an address of a table: words of hexadecimal digits in the machine's byte order."""
    words, _, port = text.partition(":")
    return socket.inet_ntoa(struct.pack("=I", int(words[-8:], 16))), int(port, 16)
