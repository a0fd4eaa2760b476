"""Amazon FSx for Lustre, as far as its API shows: no byte of a file is stored here.

    models         what exists: file systems, associations, backups
    rules          what AWS refuses in a file system's settings
    ports          the network traffic that Lustre needs, by security group
    auto_import    what it writes into the notification configuration of a linked bucket
    creation       makes a file system, once AWS would
    file_systems, backups, tags, data_repositories   the calls

Rules are from the FSx for Lustre user guide and API reference. Other types of FSx file systems
are not emulated.
"""

from moto.fsx.models import fsx_backends

from ..extension import use_backend, use_responses
from .data_repositories import DataRepositoryCalls
from .file_systems import FileSystemCalls
from .models import FSx
from .tags import TagCalls


class FSxResponses(FileSystemCalls, DataRepositoryCalls, TagCalls):
    """Every call of FSx that is emulated."""


def install() -> None:
    """Puts this FSx in place of moto's."""
    use_backend(fsx_backends, FSx)
    use_responses("fsx", FSxResponses, path="/$")
