"""Spec of a file system of any back end."""

from components.storage.efs_spec import EfsSpec
from components.storage.fsx_spec import FsxSpec
from components.storage.s3_files_spec import S3FilesSpec

FileSystemSpec = FsxSpec | EfsSpec | S3FilesSpec
"""Spec of a file system; its class decides the back end."""
