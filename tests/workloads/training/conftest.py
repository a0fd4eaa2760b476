import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from workloads import dataset, train

OF_SAGEMAKER = ("SM_", "JOB_COMPLETION_INDEX")


@pytest.fixture(autouse=True)
def _no_sagemaker(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(OF_SAGEMAKER)]:
        monkeypatch.delenv(name)


@dataclass(frozen=True)
class Channels:
    train: Path
    validation: Path


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Channels:
    """Prepare the handwritten digits, with one directory for each channel."""
    folder = tmp_path_factory.mktemp("digits")
    dataset.main(["digits", str(folder)])
    for channel in ("train", "validation"):
        (folder / channel).mkdir()
        (folder / f"{channel}.csv").rename(folder / channel / "part.csv")
    return Channels(folder / "train", folder / "validation")


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment of a process that has only the packages of the workload image.

    The image has neither scikit-learn nor pandas; xgboost imports them if it can, which takes
    seconds.
    """
    folder = tmp_path_factory.mktemp("image")
    for name in ("sklearn", "pandas"):
        (folder / f"{name}.py").write_text("raise ImportError\n")
    return {**os.environ, "PYTHONPATH": str(folder), "PYTHONUNBUFFERED": "1"}


@dataclass(frozen=True)
class Training:
    """Command line of `workloads.train` with its folders."""

    channels: Channels
    folder: Path

    @property
    def model(self) -> Path:
        return self.folder / "model" / "xgboost-model"

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoints"

    def arguments(self, *more: object, rounds: int = 12) -> list[str]:
        given = {
            "--train": self.channels.train,
            "--validation": self.channels.validation,
            "--model-dir": self.model.parent,
            "--checkpoint-dir": self.checkpoints,
            "--objective": "multi:softmax",
            "--num_class": 10,
            "--eval_metric": "merror",
            "--nthread": 1,
            "--max_depth": 4,
            "--num_round": rounds,
        }
        return [*(str(word) for pair in given.items() for word in pair), *map(str, more)]

    def run(self, *more: object, rounds: int = 12) -> int:
        return train.main(self.arguments(*more, rounds=rounds))


@pytest.fixture
def training(digits: Channels, tmp_path: Path) -> Training:
    return Training(digits, tmp_path)
