"""Folders and files of a training container, under /opt/ml or under SAGEMAKER_BASE_DIR.

The variable is that of the training toolkit, for containers that run outside SageMaker.
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
    """Folders of a container's input and output."""

    base: Path

    @classmethod
    def current(cls) -> Layout:
        """Return the layout of this process."""
        return cls(Path(os.environ.get(VARIABLE, CONTAINER)))

    @property
    def config(self) -> Path:
        """Folder of the configuration files."""
        return self.base / "input" / "config"

    @property
    def model(self) -> Path:
        """Folder whose content is the model when the training ends."""
        return self.base / "model"

    @property
    def output(self) -> Path:
        """Folder with the file `failure`, and the folder `data` for other output."""
        return self.base / "output"

    @property
    def failure(self) -> Path:
        """File with the reason of a failure; SageMaker shows its first 1024 characters."""
        return self.output / "failure"

    @property
    def code(self) -> Path:
        """Folder of the user's script and its files."""
        return self.base / "code"

    def channel(self, name: str) -> Path:
        """Return the folder of an input channel."""
        return self.base / "input" / "data" / name

    def make(self) -> None:
        """Create the folders that exist before anything runs."""
        for folder in (
            self.config,
            self.base / "input" / "data",
            self.model,
            self.output / "data",
            self.code,
        ):
            folder.mkdir(parents=True, exist_ok=True)

    def read(self, name: str) -> dict[str, Any]:
        """Return the content of a configuration file such as `hyperparameters`, or empty."""
        file = self.config / f"{name}.json"
        content: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
        return content

    def write(self, name: str, content: Any) -> None:
        """Write a configuration file."""
        (self.config / f"{name}.json").write_text(json.dumps(content, indent=2))

    def shown(self, path: Path) -> str:
        """Return a path with the container's base folder, for messages."""
        return str(path).replace(str(self.base), CONTAINER, 1)
