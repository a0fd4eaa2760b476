"""Amazon FSx for Lustre as its API shows it; the data of files is not stored here.

    models         the resources: file systems, associations, backups
    rules          AWS's rules for the settings of a file system
    tiers          those for metadata performance, EFA and Intelligent-Tiering
    ports          the network traffic that Lustre needs, by security group
    auto_import    FSx's rule in the notification configuration of a linked bucket
    creation       the creation of a file system
    file_systems, backups, tags, data_repositories   the API calls

The rules come from the FSx for Lustre user guide and API reference. Other types of FSx file systems
are not emulated.
"""

from moto.fsx.models import fsx_backends

from rehearsal.aws.fsx.data_repositories import DataRepositoryCalls
from rehearsal.aws.fsx.file_systems import FileSystemCalls
from rehearsal.aws.fsx.models import FSx
from rehearsal.aws.fsx.tags import TagCalls
from rehearsal.aws.replacement import use_backend, use_responses


class FSxResponses(FileSystemCalls, DataRepositoryCalls, TagCalls):
    """All API calls of FSx that are emulated."""


def install() -> None:
    """Replace moto's FSx with this one."""
    use_backend(fsx_backends, FSx)
    use_responses("fsx", FSxResponses, path="/$")
