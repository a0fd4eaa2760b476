"""Script mode: run the user's own training script as SageMaker's training toolkit does.

The script finds the job in environment variables (SM_CHANNEL_TRAIN, SM_MODEL_DIR, SM_HPS and
others) and its hyperparameters on its command line. It can import its own modules and the packages
of this Python: a requirements.txt is not installed, and the rehearsal is not on its path.
"""

from __future__ import annotations

import logging
import os
import shlex
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlparse

import boto3
from boto3.exceptions import Boto3Error
from botocore.exceptions import BotoCoreError, ClientError

from rehearsal.sagemaker.xgboost.errors import UserError
from rehearsal.sagemaker.xgboost.layout import Layout
from rehearsal.sagemaker.xgboost.training_environment import TrainingEnvironment

log = logging.getLogger(__name__)

_TAIL_LINES = 20


def run(layout: Layout) -> None:
    """Download the user's code and run it to its end.

    Raises:
        UserError: The code does not exist or cannot be unpacked, or the script fails.
    """
    environment = TrainingEnvironment.read(layout)
    fetch(environment.submit_directory, layout.code)
    _require(environment, layout)
    if (layout.code / "requirements.txt").exists():
        log.warning("requirements.txt is not installed in a rehearsal")
    command = [sys.executable, "-m", environment.module, *environment.arguments]
    log.info("Invoking script with the following command:\n\n%s\n", shlex.join(command))
    code, tail = _run(command, _variables(layout, environment.variables()), layout.code)
    if code:
        raise UserError(
            f'ExecuteUserScriptError:\nExitCode {code}\nErrorMessage "{tail}"\n'
            f'Command "{shlex.join(command)}"'
        )


def _require(environment: TrainingEnvironment, layout: Layout) -> None:
    """Raise UserError unless the program is at the root of the archive, to be run as a module."""
    names = {file.stem if file.suffix == ".py" else file.name for file in layout.code.iterdir()}
    if environment.module not in names:
        found = ", ".join(sorted(file.name for file in layout.code.iterdir())) or "nothing"
        raise UserError(
            f"sagemaker_program names {environment.program}, which is run as a module and so has "
            f"to lie at the root of {environment.submit_directory}: there is {found}."
        )


def fetch(source: str, folder: Path) -> None:
    """Unpack the code's tarball, from S3 or from a path, into a folder.

    Raises:
        UserError: It does not exist, access is denied, or it is not a tarball of plain files.
    """
    url = urlparse(source)
    with tempfile.TemporaryDirectory() as place:
        archive = Path(place, "sourcedir.tar.gz")
        try:
            if url.scheme == "s3":
                boto3.client("s3").download_file(url.netloc, url.path.lstrip("/"), str(archive))
            else:
                archive = Path(source)
            with tarfile.open(archive) as tar:
                tar.extractall(folder, filter="data")
        except (ClientError, BotoCoreError, Boto3Error, OSError, tarfile.TarError) as error:
            raise UserError(
                f"sagemaker_submit_directory {source} can't be used: {error}. It names a tar.gz of "
                "the script and what belongs to it, which the execution role may read."
            ) from error


def _variables(layout: Layout, told: dict[str, str]) -> dict[str, str]:
    """Return the script's environment variables: the job's, and its folder as PYTHONPATH."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return kept | told | {"PYTHONPATH": str(layout.code), "PYTHONUNBUFFERED": "1"}


def _run(command: list[str], variables: Mapping[str, str], folder: Path) -> tuple[int, str]:
    """Return the exit code and the end of the error output."""
    # SageMaker's SIGTERM reaches the script as well: the script ends, and this process reports
    # its end. (The script does not inherit a handler, but would inherit an ignored signal.)
    signal.signal(signal.SIGTERM, lambda *_: None)
    # No `with` statement, which would wait for processes of the script that keep stderr open.
    process = subprocess.Popen(
        command,
        env=variables,
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    tail: deque[str] = deque(maxlen=_TAIL_LINES)
    reader = threading.Thread(target=_echo, args=(process.stderr, tail), daemon=True)
    reader.start()
    code = process.wait()
    reader.join(1.0)
    return (code if code >= 0 else 128 - code), "".join(tail).strip()


def _echo(lines: IO[Any], tail: deque[str]) -> None:
    for line in lines:
        print(line, end="", file=sys.stderr, flush=True)
        tail.append(line)
