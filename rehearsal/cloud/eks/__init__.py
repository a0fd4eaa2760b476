"""Amazon EKS: what its API says of clusters. The Kubernetes API itself stands elsewhere.

    models         what exists: clusters and what belongs to them
    catalogue      the Kubernetes versions, add-ons and access policies that EKS offers
    control_plane  where a cluster's Kubernetes API is
    network        what a cluster and its nodes take up in the VPC
    clusters, node_groups, addons, access, pod_identities, updates, tags    the calls

A cluster's identity provider, Fargate profiles and Auto Mode are not emulated.
Source of the rules: the EKS API reference and user guide.
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
    """Every call of EKS that is emulated."""


def install() -> None:
    """Puts this EKS in place of moto's."""
    use_backend(eks_backends, EKS)
    use_responses("eks", EKSResponses)
