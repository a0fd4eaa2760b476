"""A file in the form of a model's weights (safetensors), and the time to read all of it.

Servers of models read such a file with several readers at once, each a part, in large requests.
Source: https://huggingface.co/docs/safetensors (eight bytes of length, a JSON header, the tensors)
"""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

MIB = 2**20
REQUEST_BYTES = 16 * MIB
BLOCK = 4 * MIB


def write(file: Path, size_mib: int) -> int:
    """Write a file with one tensor of bytes, from its beginning to its end; return its size.

    Its bytes are random, so that a file system that compresses stores them as they are.
    """
    size = size_mib * MIB
    tensor = {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}
    header = json.dumps({"weights": tensor}).encode()
    header += b" " * (-len(header) % 8)
    block = os.urandom(BLOCK)
    with file.open("wb") as opened:
        opened.write(len(header).to_bytes(8, "little") + header)
        for begin in range(0, size, BLOCK):
            opened.write(block[: min(BLOCK, size - begin)])
        opened.flush()
        os.fsync(opened.fileno())
    return file.stat().st_size


def load(file: Path, readers: int) -> float:
    """Read all of a file by so many readers at once; return the time in seconds.

    What the page cache has of the file is dropped first, as far as the file system does that.
    """
    size = file.stat().st_size
    share = -(-size // readers)
    parts = [(begin, min(begin + share, size)) for begin in range(0, size, share)]
    handle = os.open(file, os.O_RDONLY)
    try:
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
        begun = time.monotonic()
        with ThreadPoolExecutor(len(parts)) as pool:
            read = sum(pool.map(lambda part: _read(handle, *part), parts))
        taken = time.monotonic() - begun
    finally:
        os.close(handle)
    assert read == size, f"{read} of {size} bytes"
    return taken


def _read(handle: int, begin: int, end: int) -> int:
    buffer = bytearray(min(REQUEST_BYTES, max(end - begin, 1)))
    view, at = memoryview(buffer), begin
    while at < end:
        count = os.preadv(handle, [view[: min(len(buffer), end - at)]], at)
        if not count:
            break
        at += count
    return at - begin
