"""Amazon EFS as its API shows it: calls, rules and errors that moto lacks.

    backend        the resources of an account in one Region
    rules          AWS's rules for the settings of a file system
    file_systems, access_points, policies, replication   the API calls

Sources: EFS API Reference, EFS User Guide.
"""

from moto.efs.models import efs_backends

from rehearsal.aws.efs.access_points import AccessPointCalls
from rehearsal.aws.efs.backend import EFS
from rehearsal.aws.efs.file_systems import FileSystemCalls
from rehearsal.aws.efs.policies import PolicyCalls
from rehearsal.aws.efs.replication import ReplicationCalls
from rehearsal.aws.replacement import use_backend, use_responses


class EFSResponses(FileSystemCalls, AccessPointCalls, PolicyCalls, ReplicationCalls):
    """All API calls of EFS: those of moto and the ones that it lacks."""


def install() -> None:
    """Replace moto's EFS with this one."""
    use_backend(efs_backends, EFS)
    use_responses("efs", EFSResponses)
