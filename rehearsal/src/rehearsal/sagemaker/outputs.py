"""Upload the output of a job to the bucket: its model, and other files, as archives."""

from __future__ import annotations

import gzip
import tarfile
from dataclasses import dataclass
from pathlib import Path

from rehearsal.sagemaker.failures import by_client
from rehearsal.sagemaker.job import Job
from rehearsal.sagemaker.storage import REFUSALS, RoleStorage, error_message
from rehearsal.sagemaker.xgboost.layout import Layout

MODEL = "model.tar.gz"
OUTPUT = "output.tar.gz"


@dataclass(frozen=True)
class Uploaded:
    """An archive in the bucket."""

    path: str
    bytes: int
    files: int


def upload_model(job: Job, layout: Layout, storage: RoleStorage) -> Uploaded | None:
    """Upload the content of the model folder; return None if the folder is empty.

    Raises:
        JobFailure: The role has no access to the bucket, or the bucket does not exist.
    """
    return _upload(job, layout.model, MODEL, storage)


def upload_rest(job: Job, layout: Layout, storage: RoleStorage) -> Uploaded | None:
    """Upload the content of output/data; return None if the folder is empty.

    Raises:
        JobFailure: The role has no access to the bucket, or the bucket does not exist.
    """
    return _upload(job, layout.output / "data", OUTPUT, storage)


def _upload(job: Job, folder: Path, name: str, storage: RoleStorage) -> Uploaded | None:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    if not files:
        return None
    archive = job.folder / name
    _pack(folder, files, archive)
    path = f"{job.output}/{name}"
    try:
        storage.upload(archive, path)
    except REFUSALS as error:
        raise by_client(
            f"Artifact upload failed:{error_message(error)}. Please ensure that the bucket exists "
            f"and that the role {job.role} has s3:PutObject on {path}."
        ) from error
    return Uploaded(path, archive.stat().st_size, len(files))


def _pack(folder: Path, files: list[Path], archive: Path) -> None:
    # Level 5 compresses a model nearly as well as the slowest level, and is five times faster.
    with (
        gzip.open(archive, "wb", compresslevel=5) as packed,
        tarfile.open(fileobj=packed, mode="w") as tar,
    ):
        for file in files:
            tar.add(file, str(file.relative_to(folder)))
