"""Settings of the storage bench."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from components.spec.model import Spec

Mib = Annotated[int, Field(ge=16, le=1048576)]


class StorageBenchSpec(Spec):
    """Measurement of each storage of the stack by a Job, once for each change of these settings."""

    size_mib: Mib = 1024
    """Size of the file that fio works on, in MiB. More than the memory of the node keeps caches
    from being measured instead of the storage."""

    model_mib: Mib = 1024
    """Size of the model's file whose load is measured, in MiB."""

    seconds: Annotated[int, Field(ge=1, le=3600)] = 30
    """Time of each case with requests at random places, in seconds."""

    readers: Annotated[int, Field(ge=1, le=256)] = 8
    """Number of readers that load the model's file at once."""

    namespace: str | None = Field(default=None, examples=["training"])
    """Namespace of the Jobs, one of storage.namespaces; the first of them by default."""

    storages: tuple[str, ...] = Field(default=(), examples=[["fsx", "s3", "scratch"]])
    """Storages that are measured: names of `storage.backend` and `storage.also`, and scratch. By
    default all that the stack has and that can be written to."""
