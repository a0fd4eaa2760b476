"""Save the emulated account to disk and load it.

A snapshot is one pickle of every moto backend in use, so that references between them survive. It
contains moto's own classes, which another version of moto may have changed. Therefore a snapshot is
loaded only by the version that wrote it.
"""

from __future__ import annotations

import os
import pickle
import threading
import weakref
from pathlib import Path
from typing import Any, cast

import moto
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from moto.backends import get_backend
from moto.s3.models import S3Backend, s3_backends

from rehearsal.aws.backends import clear, in_use

FORMAT = 2
_LOCK = type(threading.Lock())


class SnapshotError(Exception):
    """A snapshot cannot be read; the text gives the remedy."""


class _Pickler(pickle.Pickler):
    """Pickler for moto's models, which contain locks, weak references and private keys."""

    def reducer_override(self, value: Any) -> Any:
        """Return the constructor of such an object; NotImplemented for any other."""
        if isinstance(value, _LOCK):
            return threading.Lock, ()
        if isinstance(value, threading.Condition):
            return threading.Condition, ()
        if isinstance(value, weakref.ref):
            return weakref.ref, (value(),)
        if isinstance(value, RSAPrivateKey | EllipticCurvePrivateKey | Ed25519PrivateKey):
            pem = value.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            return _private_key, (pem,)
        return NotImplemented


def _private_key(pem: bytes) -> Any:
    """Return a private key from its PEM; the library's own function cannot be pickled by name."""
    return load_pem_private_key(pem, None)


def save(path: Path) -> None:
    """Write the account to a file, completely or not at all.

    The caller must ensure that no request is half done.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".draft")  # a draft that a killed process left is overwritten
    with draft.open("wb") as file:
        pickle.dump({"format": FORMAT, "moto": moto.__version__}, file)
        _Pickler(file, pickle.HIGHEST_PROTOCOL).dump(_account())
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def load(path: Path) -> None:
    """Replace the account in memory with that of a file.

    Raises:
        SnapshotError: The file is damaged, or another version of moto wrote it.
    """
    try:
        with path.open("rb") as file:
            _refuse_other_version(pickle.load(file), path)
            account = pickle.load(file)
    except SnapshotError:
        raise
    except Exception as error:  # a damaged pickle can raise anything
        raise SnapshotError(
            f"The emulated account in {path} can't be read ({error}). "
            "Delete that file to begin with an empty account."
        ) from error
    clear()
    for service, backends in account.items():
        for (account_id, region), backend in backends.items():
            get_backend(service)[account_id][region] = backend
    _register_buckets()


def _account() -> dict[str, dict[tuple[str, str], Any]]:
    return {
        backends.service_name: {
            (account_id, region): backend
            for account_id, region, backend in backends.iter_backends()
        }
        for backends in in_use()
    }


def _register_buckets() -> None:
    """Fill moto's table of the buckets' owners, which belongs to no backend."""
    for account_id, _, backend in s3_backends.iter_backends():
        for name in cast(S3Backend, backend).buckets:
            s3_backends.bucket_accounts[name] = (backend.partition, account_id)


def _refuse_other_version(header: dict[str, Any], path: Path) -> None:
    written_by = (header["format"], header["moto"])
    if written_by != (FORMAT, moto.__version__):
        raise SnapshotError(
            f"The emulated account in {path} was written with moto {header['moto']} "
            f"(format {header['format']}); this is moto {moto.__version__} (format {FORMAT}). "
            "Install that version again, or delete the file to begin with an empty account."
        )
