"""Checkpoints of the model: atomic files named `checkpoint-<rounds>`.

A checkpoint is xgboost's model file (UBJSON) followed by its SHA-256, which xgboost ignores, so
that damage is found before the file is used. An attribute of the model holds a digest of data and
hyperparameters, so that no other training resumes from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import xgboost

from workloads.files import atomic_write, ensure_directory
from workloads.summary import say

NAME_PATTERN = re.compile(r"checkpoint-(\d+)")
DIGEST_ATTRIBUTE = "trained_on"
"""Attribute of the model with the digest of its data and hyperparameters."""

DIGEST_SIZE = 32
"""Number of bytes of the SHA-256 at the end of a file."""
MAX_CHECKPOINTS = 5
"""Number of checkpoints to keep, as in SageMaker's container."""


@dataclass(frozen=True)
class CheckpointDirectory:
    """Directory with the checkpoints of one training."""

    directory: Path
    training_digest: str
    """Digest of the data and hyperparameters of the training."""

    def save(self, model: xgboost.Booster) -> None:
        """Save a model, and remove all but the newest checkpoints."""
        ensure_directory(self.directory)
        model.set_attr(**{DIGEST_ATTRIBUTE: self.training_digest})
        content = bytes(model.save_raw("ubj"))
        name = f"checkpoint-{model.num_boosted_rounds():08d}"
        with atomic_write(self.directory / name) as stream:
            stream.write(content + sha256(content).digest())
        for path in self.newest_first()[MAX_CHECKPOINTS:]:
            path.unlink(missing_ok=True)

    def newest_first(self) -> list[Path]:
        """Return the files of the checkpoints, newest first."""
        if not self.directory.is_dir():
            return []
        found = [path for path in self.directory.iterdir() if NAME_PATTERN.fullmatch(path.name)]
        return sorted(found, key=lambda path: int(path.name.partition("-")[2]), reverse=True)

    def newest_valid(self) -> bytes | None:
        """Return the newest undamaged model of this training, or None."""
        for path in self.newest_first():
            content = verified_model(path.read_bytes())
            if content is None:
                say(f"{path} is damaged; trying an older one")
            elif load_booster(content).attr(DIGEST_ATTRIBUTE) != self.training_digest:
                say(f"{path} has other data or hyperparameters and is ignored")
            else:
                return content
        return None


def verified_model(content: bytes) -> bytes | None:
    """Return the model in a checkpoint's content, or None if its digest is wrong."""
    model, digest = content[:-DIGEST_SIZE], content[-DIGEST_SIZE:]
    return model if sha256(model).digest() == digest else None


def load_booster(model: bytes) -> Any:
    """Return a booster with a model's trees."""
    return xgboost.Booster(model_file=bytearray(model))
