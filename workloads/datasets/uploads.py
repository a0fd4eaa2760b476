"""Upload of a folder's channels to S3 as PREFIX/CHANNEL/FILE, as training jobs read them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from workloads.datasets.folders import find_channels
from workloads.files import sha256_of
from workloads.objects import DIGEST_KEY, Location, list_objects, s3_errors, stored_digest
from workloads.parallel import for_each
from workloads.summary import Progress

CONTENT_TYPES = {".csv": "text/csv", ".libsvm": "text/libsvm"}
"""Content type of an object by the suffix of its file."""


@dataclass(frozen=True)
class Upload:
    """File and its object key."""

    file: Path
    key: str


def list_uploads(folder: Path, location: Location) -> list[Upload]:
    """Return the files of a folder's channels with their keys below a prefix.

    Raises:
        WorkloadError: The folder has no channels.
    """
    return [
        Upload(file, location.key(f"{channel}/{_relative_name(file, folder / channel)}"))
        for channel, files in find_channels(folder).items()
        for file in files
    ]


def _relative_name(file: Path, directory: Path) -> str:
    inside = file.is_relative_to(directory)
    return file.relative_to(directory).as_posix() if inside else file.name


def upload_channels(client: Any, folder: Path, location: Location, *, workers: int) -> Progress:
    """Upload a folder's channels; S3 verifies each object, and unchanged ones are skipped.

    Raises:
        WorkloadError: The folder has no channels, or S3 denies access or does not answer.
    """
    uploads = list_uploads(folder, location)
    progress = Progress("dataset", files=len(uploads))
    for_each(partial(_upload_one, client, location.bucket, progress), uploads, workers=workers)
    return progress


def _upload_one(client: Any, bucket: str, progress: Progress, upload: Upload) -> None:
    digest, location = sha256_of(upload.file), Location(bucket, upload.key)
    if digest == stored_digest(client, location):
        return
    extra = {
        "Metadata": {DIGEST_KEY: digest},
        "ContentType": CONTENT_TYPES.get(upload.file.suffix, "application/octet-stream"),
    }
    with s3_errors(location), upload.file.open("rb") as stream:
        client.upload_fileobj(stream, bucket, upload.key, ExtraArgs=extra)
    progress.add(files=1, size=upload.file.stat().st_size)


def unrelated_keys(client: Any, folder: Path, location: Location) -> list[str]:
    """Return the keys below a prefix that are not in the folder's channels; a job reads them too.

    Raises:
        WorkloadError: S3 denies access or does not answer.
    """
    expected = {upload.key for upload in list_uploads(folder, location)}
    return [
        entry.key
        for entry in list_objects(client, location.as_folder())
        if entry.key not in expected
    ]
