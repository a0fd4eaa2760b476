"""Download of the newest valid checkpoint from S3 to the trainer's directory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from workloads.archives import extract
from workloads.checkpoints.local import RESTORING_SUFFIX, Checkpoint, list_checkpoints
from workloads.checkpoints.packing import (
    CheckpointChangedError,
    as_stream,
    digest,
    fsync_tree,
    verify_digest,
)
from workloads.checkpoints.remote import RemoteCheckpoints, StoredCheckpoint
from workloads.errors import BadDataError, MissingInputError
from workloads.files import delete, iter_chunks, name_in_errors, remove
from workloads.summary import Progress, say


def restore(
    remote: RemoteCheckpoints, directory: Path, progress: Progress
) -> StoredCheckpoint | None:
    """Download the newest valid checkpoint, unless the directory has it or a newer one.

    Args:
        remote: Checkpoints in S3.
        directory: Directory of the trainer.
        progress: Counter of the downloaded bytes.

    Returns:
        The checkpoint that the directory now has; None if S3 has none or an older one.

    Raises:
        BadDataError: S3 has checkpoints and none is valid.
        WorkloadError: S3 denies access or does not answer.
        OSError: The directory is not writable, or the disk is full.
    """
    local = list_checkpoints(directory)
    stored = remote.list_checkpoints()
    for checkpoint in stored:
        if local and local[0].step > checkpoint.step:
            return None
        if _is_restored(remote, checkpoint, directory, local) or _restore_one(
            remote, checkpoint, directory, progress
        ):
            return checkpoint
    if stored:
        raise BadDataError(
            f"{remote.location} has {len(stored)} checkpoints and none is valid. Remove them to "
            "train from the beginning"
        )
    return None


def _is_restored(
    remote: RemoteCheckpoints,
    checkpoint: StoredCheckpoint,
    directory: Path,
    local: list[Checkpoint],
) -> bool:
    path = directory / checkpoint.name
    same_kind = path.is_dir() == checkpoint.is_archive
    return (
        Checkpoint(checkpoint.step, checkpoint.name) in local
        and same_kind
        and (digest(path) == remote.digest(checkpoint.key))
    )


def _restore_one(
    remote: RemoteCheckpoints, checkpoint: StoredCheckpoint, directory: Path, progress: Progress
) -> bool:
    temporary = directory / f".{checkpoint.name}{RESTORING_SUFFIX}"
    try:
        with name_in_errors(temporary):
            _download(remote, checkpoint, temporary, progress)
        _move_into_place(temporary, directory / checkpoint.name)
    except (BadDataError, MissingInputError, CheckpointChangedError) as error:
        say(f"checkpoint_sync: {checkpoint.key} is skipped: {error}")
        return False
    finally:
        delete(temporary)
    progress.add(files=1)
    return True


def _download(
    remote: RemoteCheckpoints, checkpoint: StoredCheckpoint, temporary: Path, progress: Progress
) -> None:
    """Write the bytes of a checkpoint to a temporary file or directory.

    An archive is unpacked as it arrives, because the disk may have no space for both.
    """
    with remote.open_checkpoint(checkpoint.key) as (expected, content):
        if expected is None:
            raise BadDataError(
                "it has no SHA-256 in its metadata, so checkpoint_sync did not upload it"
            )
        stream = as_stream(verify_digest(_count_bytes(content, progress), expected))
        if checkpoint.is_archive:
            extract(stream, temporary, checkpoint.key)
        else:
            with temporary.open("wb") as file:
                file.writelines(iter_chunks(stream))
    fsync_tree(temporary)


def _count_bytes(parts: Iterator[bytes], progress: Progress) -> Iterator[bytes]:
    for piece in parts:
        progress.add(size=len(piece))
        yield piece


def _move_into_place(temporary: Path, target: Path) -> None:
    if temporary.is_dir() or target.is_dir():
        remove(target)
    temporary.replace(target)
