"""Contents of the emulated file systems.

EFS is a folder. FSx for Lustre is a folder that shows the objects of the bucket it is linked to:
their names at once, their data when a program needs it. Until then a file is "released": it has its
size and time, but no data. A client that mounts a file system (a pod, a SageMaker job) gets its
folder from this package. The package knows nothing of Kubernetes or SageMaker.

    contents    the file systems of a rehearsal: mount, synchronize with their buckets, remove
    efs         access points and mount targets
    links       the links between folders and prefixes of buckets, with their policies
    link_role   S3 as the service-linked role of a file system may use it
    store       the folders, locks and drafts of one file system
    locks       locks between processes
    index       a database of the files, beside them
    mtimes      the state of a file: released, unchanged or changed
    importing   turns objects into files
    restoring   fetches the data of released files
    releasing   drops the data of files
    exporting   turns files into objects
    backups     copies of the files of backups
    unlinking   follows the deletion of associations
    objects     copies one object to a file and back
    transfers   the size of a transfer, and its record
    queue       requests of `lfs`
    worker      the process that serves them
    lfs/        Lustre's command; the program is in lfs/bin

A kill at any moment leaves a consistent state: a file is written beside its folder and renamed into
it, and the index records the file before the rename. The folder shows whether the rename happened.
"""

from __future__ import annotations

from pathlib import Path


def programs() -> Path:
    """Return the folder with `lfs`, for the PATH of programs that use such a file system."""
    return Path(__file__).parent / "lfs" / "bin"
