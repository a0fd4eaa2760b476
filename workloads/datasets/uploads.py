"""A folder's channels in a bucket: PREFIX/CHANNEL/FILE, as a TrainingJob's channels want them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from workloads.datasets.folders import channels_of
from workloads.files import sha256_of
from workloads.objects import DIGEST_KEY, Location, list_objects, s3_errors, stored_digest
from workloads.parallel import for_each
from workloads.summary import Progress

CONTENT_TYPES = {".csv": "text/csv", ".libsvm": "text/libsvm"}


@dataclass(frozen=True)
class Upload:
    """A file and the key it is to have."""

    file: Path
    key: str


def uploads_of(folder: Path, location: Location) -> list[Upload]:
    """What a folder's channels become below a prefix.

    Raises:
        WorkloadError: the folder is not one to train on.
    """
    return [
        Upload(file, location.key(f"{channel}/{_below(file, folder / channel)}"))
        for channel, files in channels_of(folder).items()
        for file in files
    ]


def _below(file: Path, directory: Path) -> str:
    inside = file.is_relative_to(directory)
    return file.relative_to(directory).as_posix() if inside else file.name


def put(client: Any, folder: Path, location: Location, *, workers: int) -> Progress:
    """Upload a folder's channels, each object verified by S3; what is there stays.

    Raises:
        WorkloadError: the folder is not one to train on, or S3 refuses or does not answer.
    """
    uploads = uploads_of(folder, location)
    progress = Progress("dataset", files=len(uploads))
    for_each(partial(_put_one, client, location.bucket, progress), uploads, workers=workers)
    return progress


def _put_one(client: Any, bucket: str, progress: Progress, upload: Upload) -> None:
    digest, where = sha256_of(upload.file), Location(bucket, upload.key)
    if digest == stored_digest(client, where):
        return
    extra = {
        "Metadata": {DIGEST_KEY: digest},
        "ContentType": CONTENT_TYPES.get(upload.file.suffix, "application/octet-stream"),
    }
    with s3_errors(where), upload.file.open("rb") as stream:
        client.upload_fileobj(stream, bucket, upload.key, ExtraArgs=extra)
    progress.add(files=1, size=upload.file.stat().st_size)


def others(client: Any, folder: Path, location: Location) -> list[str]:
    """The keys below a prefix that the folder's channels did not make: a job reads them too.

    Raises:
        WorkloadError: S3 refuses or does not answer.
    """
    ours = {upload.key for upload in uploads_of(folder, location)}
    return [
        entry.key for entry in list_objects(client, location.as_folder()) if entry.key not in ours
    ]
