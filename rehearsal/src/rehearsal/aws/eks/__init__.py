"""Amazon EKS: the part of its API that manages clusters, without the Kubernetes API itself.

    models              the resources: clusters and what belongs to them
    catalogue           the Kubernetes versions, add-ons and access policies that EKS offers
    cluster_rules       the rules of a cluster's settings
    node_group_rules    the rules of a node group's settings
    labels              the rules of node labels and taints
    control_plane       the endpoint of a cluster's Kubernetes API
    control_plane_logs  the types of its logs, and their log group
    network             the interfaces and the security group of a cluster in its VPC
    clusters, node_groups, addons, access, pod_identities, updates, tags    the API calls

Identity providers of clusters, Fargate profiles and Auto Mode are not emulated. Source of the
rules: the EKS API reference and user guide.
"""

from moto.eks.models import eks_backends

from rehearsal.aws.eks.access import AccessCalls
from rehearsal.aws.eks.addons import AddonCalls
from rehearsal.aws.eks.clusters import ClusterCalls
from rehearsal.aws.eks.models import EKS
from rehearsal.aws.eks.node_groups import NodeGroupCalls
from rehearsal.aws.eks.pod_identities import PodIdentityCalls
from rehearsal.aws.eks.tags import TagCalls
from rehearsal.aws.eks.updates import UpdateCalls
from rehearsal.aws.replacement import use_backend, use_responses


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
