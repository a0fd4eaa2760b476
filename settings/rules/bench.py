"""Rules of the storage bench: the storages that a stack has and that a pod can write to.

Source: https://github.com/awslabs/mountpoint-s3/blob/main/doc/SEMANTICS.md (a read-only mount).
"""

from __future__ import annotations

from collections.abc import Iterator

from components.spec.errors import ConfigError, Path
from settings.rules.storage import NAMESPACES
from settings.stack import Settings

BENCH: Path = ("storage", "bench")
STORAGES: Path = (*BENCH, "storages")


def storages(settings: Settings) -> Iterator[ConfigError]:
    """Check that each storage is one of the stack's, once, and can be written to."""
    bench, known = settings.storage.bench, settings.storage.mounted
    if bench is None:
        return
    for i, name in enumerate(bench.storages):
        path = (*STORAGES, i)
        if name not in known:
            rule = "must be a storage that the stack has"
            remedy = f"choose from {', '.join(known)}, or add it to storage.also"
            yield ConfigError(path, rule, name, remedy, (("storage", "also"),))
        elif name in bench.storages[:i]:
            yield ConfigError(path, "must be named once", name, "remove it")
        elif name == "s3" and settings.storage.s3.read_only:
            rule = "must be a storage that pods can write to, and storage.s3 is read-only"
            remedy = "remove it, or set storage.s3.readOnly to false"
            yield ConfigError(path, rule, name, remedy, (("storage", "s3", "readOnly"),))


def namespace(settings: Settings) -> Iterator[ConfigError]:
    """Check that the namespace has a claim on every storage."""
    bench, names = settings.storage.bench, settings.storage.namespaces
    if bench is None:
        return
    path, known = (*BENCH, "namespace"), ", ".join(names)
    if bench.namespace is not None and bench.namespace not in names:
        rule = "must be one of storage.namespaces, which have a claim on every storage"
        remedy = f"choose from {known}, or add it there" if known else "add it there"
        yield ConfigError(path, rule, bench.namespace, remedy, (NAMESPACES,))
    elif not names:
        rule = "the bench needs a namespace with claims, and storage.namespaces names none"
        yield ConfigError(BENCH, rule, list(names), "add one there", (NAMESPACES,))


RULES = (storages, namespace)
