"""Amazon EKS: the part of its API that manages clusters, without the Kubernetes API itself.

    models         the resources: clusters and what belongs to them
    catalogue      the Kubernetes versions, add-ons and access policies that EKS offers
    control_plane  the endpoint of a cluster's Kubernetes API
    labels         the rules of node labels and taints
    network        the interfaces and the security group of a cluster in its VPC
    clusters, node_groups, addons, access, pod_identities, updates, tags    the API calls

Identity providers of clusters, Fargate profiles and Auto Mode are not emulated. Source of the
rules: the EKS API reference and user guide.
"""

from moto.eks.models import eks_backends

from ..extension import use_backend, use_responses
from .access import AccessCalls
from .addons import AddonCalls
from .clusters import ClusterCalls
from .models import EKS
from .node_groups import NodeGroupCalls
from .pod_identities import PodIdentityCalls
from .tags import TagCalls
from .updates import UpdateCalls


class EKSResponses(
    ClusterCalls,
    NodeGroupCalls,
    AddonCalls,
    AccessCalls,
    PodIdentityCalls,
    UpdateCalls,
    TagCalls,
):
    """All API calls of EKS that are emulated."""


def install() -> None:
    """Replace moto's EKS with this one."""
    use_backend(eks_backends, EKS)
    use_responses("eks", EKSResponses)
