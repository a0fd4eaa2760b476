"""Models on the way: each a file `checkpoint-<rounds>` that is whole, or not there.

A checkpoint is xgboost's own model file (UBJSON) with its SHA-256 after it, which xgboost does not
mind: what a disk or a copy has spoiled is told before anything reads it. It carries a mark of the
data and hyperparameters that it comes from, so that no other training goes on with it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import xgboost

from workloads.files import whole_file, writable_directory
from workloads.summary import say

NAME = re.compile(r"checkpoint-(\d+)")
MARK = "trained_on"
"""The model's attribute that tells of its data and hyperparameters."""

DIGEST_SIZE = 32
KEPT = 5
"""How many checkpoints stay, as in SageMaker's container."""


@dataclass(frozen=True)
class Checkpoints:
    """A directory of them, for one training."""

    directory: Path
    mark: str

    def save(self, model: xgboost.Booster) -> None:
        """Put a model in place, and remove those that are older than the newest few."""
        writable_directory(self.directory)
        model.set_attr(**{MARK: self.mark})
        content = bytes(model.save_raw("ubj"))
        name = f"checkpoint-{model.num_boosted_rounds():08d}"
        with whole_file(self.directory / name) as stream:
            stream.write(content + sha256(content).digest())
        for path in self.newest_first()[KEPT:]:
            path.unlink(missing_ok=True)

    def newest_first(self) -> list[Path]:
        """The checkpoints' files."""
        if not self.directory.is_dir():
            return []
        found = [path for path in self.directory.iterdir() if NAME.fullmatch(path.name)]
        return sorted(found, key=lambda path: int(path.name.partition("-")[2]), reverse=True)

    def newest_valid(self) -> bytes | None:
        """The model of the newest checkpoint that is whole and of this training."""
        for path in self.newest_first():
            content = checked(path.read_bytes())
            if content is None:
                say(f"{path} is damaged; an older one is taken")
            elif loaded(content).attr(MARK) != self.mark:
                say(f"{path} is of other data or hyperparameters and is left alone")
            else:
                return content
        return None


def checked(content: bytes) -> bytes | None:
    """The model of a checkpoint's file, or nothing where its digest is not that of the rest."""
    model, digest = content[:-DIGEST_SIZE], content[-DIGEST_SIZE:]
    return model if sha256(model).digest() == digest else None


def loaded(model: bytes) -> Any:
    """A booster with a model's trees."""
    return xgboost.Booster(model_file=bytearray(model))
