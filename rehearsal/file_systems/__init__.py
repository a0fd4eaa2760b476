"""What the emulated file systems hold.

EFS is a folder. FSx for Lustre is a folder that shows the objects of the bucket it is linked to:
their names at once, their bytes when something needs them. Until then a file is "released": it
has its size and time, and nothing in it. Whoever mounts a file system (a pod, a SageMaker job)
asks here for its folder. Nothing here knows of Kubernetes or of SageMaker.

    contents    the file systems of a world: mounted, kept as their buckets are, removed
    efs         access points and mount targets
    links       which prefix of which bucket a folder shows, and what of its changes
    store       the folders, locks and drafts of one file system
    locks       between processes
    index       what is known of its files, kept beside them
    stamps      whether a file is released, whole or changed
    importing   objects become files
    restoring   released files get their bytes
    releasing   and lose them
    exporting   files become objects
    objects     one object to a file and back
    moves       what moved, and its record
    queue       what `lfs` asked for, and worker, the process that does it
    lfs/        Lustre's command, and in lfs/bin the program

Kills are survived thus: what is placed in a folder is made beside it and put there by a rename,
and the index says what it will be before it is there. The folder tells which of the two happened.
"""

from __future__ import annotations

from pathlib import Path


def programs() -> Path:
    """The folder to have on the PATH of a program that sees such a file system: it has `lfs`."""
    return Path(__file__).parent / "lfs" / "bin"
