"""File systems that a config names and somebody else made, as they are found.

They are looked up before anything is created, so that what is missing is an error of the config.
"""

from __future__ import annotations

from dataclasses import dataclass

from components.storage.found_lustre import FoundLustre


@dataclass(frozen=True)
class StorageQuery:
    """Ids in a config of file systems that exist."""

    lustre: str | None = None
    """Id of a file system of FSx for Lustre."""


@dataclass(frozen=True)
class FoundStorage:
    """File systems that a config names, as AWS has them."""

    lustre: FoundLustre | None = None
    """File system of FSx for Lustre; None if the config names none, or if there is none."""
    is_known: bool = True
    """False where nobody has looked: a rule that depends on it is left out."""
    problem: str = ""
    """Words of the provider if it did not find a file system."""
