"""The newest valid checkpoint of a bucket, brought back to where a trainer looks for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from workloads.archives import extract
from workloads.checkpoints.local import RESTORING, Checkpoint, found_in
from workloads.checkpoints.packing import ChangedError, as_stream, checked, digest, settle_tree
from workloads.checkpoints.remote import Remote, Stored
from workloads.faults import BadDataError, MissingInputError
from workloads.files import about, chunks, discard, remove
from workloads.summary import Progress, say


def restore(remote: Remote, directory: Path, progress: Progress) -> Stored | None:
    """Bring the newest valid checkpoint, unless it, or a newer one, is there.

    Args:
        remote: where they are.
        directory: where the trainer looks.
        progress: counts what was brought.

    Returns:
        The one that the directory now has, or None where there is none or a newer one is there.

    Raises:
        BadDataError: there are some and none is valid.
        WorkloadError: S3 refuses or does not answer.
        OSError: the directory cannot be written to, or is full.
    """
    here = found_in(directory)
    stored = remote.stored()
    for one in stored:
        if here and here[0].step > one.step:
            return None
        if _is_here(remote, one, directory, here) or _bring(remote, one, directory, progress):
            return one
    if stored:
        raise BadDataError(
            f"{remote.location} has {len(stored)} checkpoints and none is valid. Remove them to "
            "train from the beginning"
        )
    return None


def _is_here(remote: Remote, one: Stored, directory: Path, here: list[Checkpoint]) -> bool:
    path = directory / one.name
    same_kind = path.is_dir() == one.is_archive
    return (
        Checkpoint(one.step, one.name) in here
        and same_kind
        and (digest(path) == remote.digest(one.key))
    )


def _bring(remote: Remote, one: Stored, directory: Path, progress: Progress) -> bool:
    """Bring a checkpoint if it is valid; say why it is not."""
    draft = directory / f".{one.name}{RESTORING}"
    try:
        with about(draft):
            _gather(remote, one, draft, progress)
        _put_in_place(draft, directory / one.name)
    except (BadDataError, MissingInputError, ChangedError) as error:
        say(f"checkpoint_sync: {one.key} is skipped: {error}")
        return False
    finally:
        discard(draft)
    progress.add(files=1)
    return True


def _gather(remote: Remote, one: Stored, draft: Path, progress: Progress) -> None:
    """Bring the bytes; unpack them as they come, for there may be no room for them twice.

    Raises:
        BadDataError: they are no archive, or have no SHA-256.
        ChangedError: they are not those that were uploaded.
        MissingInputError: the object has gone.
    """
    with remote.opened(one.key) as (expected, content):
        if expected is None:
            raise BadDataError("it has no SHA-256 in its metadata, so it is none of ours")
        stream = as_stream(checked(_counted(content, progress), expected))
        if one.is_archive:
            extract(stream, draft, one.key)
        else:
            with draft.open("wb") as file:
                file.writelines(chunks(stream))
    settle_tree(draft)


def _counted(parts: Iterator[bytes], progress: Progress) -> Iterator[bytes]:
    for piece in parts:
        progress.add(size=len(piece))
        yield piece


def _put_in_place(draft: Path, target: Path) -> None:
    """Rename the draft to what a trainer reads."""
    if draft.is_dir() or target.is_dir():
        remove(target)
    draft.replace(target)
