"""The folders and files of a training container, under /opt/ml or where SAGEMAKER_BASE_DIR says.

The variable is the training toolkit's own, for containers that run outside SageMaker.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CONTAINER = "/opt/ml"
VARIABLE = "SAGEMAKER_BASE_DIR"


@dataclass(frozen=True)
class Layout:
    """Where a container finds its input and leaves its output."""

    base: Path

    @classmethod
    def current(cls) -> Layout:
        """This process's."""
        return cls(Path(os.environ.get(VARIABLE, CONTAINER)))

    @property
    def config(self) -> Path:
        """The folder of the configuration files."""
        return self.base / "input" / "config"

    @property
    def model(self) -> Path:
        """What lies here when the training ends is the model."""
        return self.base / "model"

    @property
    def output(self) -> Path:
        """The folder of `failure`, and of `data`, which is what else the training leaves."""
        return self.base / "output"

    @property
    def failure(self) -> Path:
        """Why the training failed, in a sentence; SageMaker shows its first 1024 characters."""
        return self.output / "failure"

    @property
    def code(self) -> Path:
        """The user's script and what belongs to it."""
        return self.base / "code"

    def channel(self, name: str) -> Path:
        """The folder of an input channel."""
        return self.base / "input" / "data" / name

    def make(self) -> None:
        """Makes the folders that are there before anything runs."""
        for folder in (
            self.config,
            self.base / "input" / "data",
            self.model,
            self.output / "data",
            self.code,
        ):
            folder.mkdir(parents=True, exist_ok=True)

    def read(self, name: str) -> dict[str, Any]:
        """A configuration file such as `hyperparameters`; empty if there is none."""
        file = self.config / f"{name}.json"
        content: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
        return content

    def write(self, name: str, content: Any) -> None:
        """Writes a configuration file."""
        (self.config / f"{name}.json").write_text(json.dumps(content, indent=2))

    def shown(self, path: Path) -> str:
        """A path as the container names it."""
        return str(path).replace(str(self.base), CONTAINER, 1)
