"""API calls of EKS for clusters."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from ipaddress import IPv4Network, ip_network
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.models import EC2Backend
from moto.eks.models import eks_backends
from moto.logs.models import logs_backends

from rehearsal.aws import identity, interfaces, keys
from rehearsal.aws.eks import control_plane, network
from rehearsal.aws.eks.access import new_access_entry
from rehearsal.aws.eks.catalogue import (
    CALENDAR,
    CLUSTER_ADMIN,
    DEFAULT_KUBERNETES_VERSION,
    KUBERNETES_VERSIONS,
    KubernetesVersion,
    status,
)
from rehearsal.aws.eks.models import Cluster, EKSCalls, in_use, invalid
from rehearsal.aws.service import Refusal

LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")
PRIVATE = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")))
MOST_CIDRS = 40
"""Source: EKS User Guide, service quotas, "Public endpoint access CIDR ranges per cluster"."""
NOT_PUBLIC = tuple(
    ip_network(cidr)
    for cidr in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.168.0.0/16", "192.88.99.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        *("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"),
    )
)
"""Reserved addresses, which EKS refuses: those of documentation too, though its guide shows them.

Source: EKS User Guide, "Cluster API server endpoint" ("the block cannot include reserved
addresses"), and answers of EKS for 203.0.113.0/24 and 10.1.0.128/27 in public repositories. Which
of the reserved blocks beside these two it knows is not documented."""


class ClusterCalls(EKSCalls):
    """CreateCluster and the related calls."""

    @property
    def ec2(self) -> EC2Backend:
        """EC2 of the account in the Region of the call."""
        return interfaces.network(self.current_account, self.region)

    def create_cluster(self) -> ActionResult:
        """Create a cluster; a repeated token returns the cluster created before."""
        made: Cluster = self.eks.tokens.once(
            self.given, "clientRequestToken", self._create_cluster, self.token_refused
        )
        return ActionResult({"cluster": made.in_state(made.lifecycle.state)})

    def describe_cluster(self) -> ActionResult:
        """Describe a cluster, with the endpoint of the rehearsal's Kubernetes API."""
        cluster = self.cluster()
        reached_at = {
            "endpoint": control_plane.endpoint(self.region),
            "certificateAuthority": {"data": control_plane.certificate_authority()},
        }
        return ActionResult({"cluster": cluster.describe() | reached_at})

    def list_clusters(self) -> ActionResult:
        """List the names of the clusters."""
        return self.page("clusters", sorted(self.eks.clusters))

    def describe_cluster_versions(self) -> ActionResult:
        """List the Kubernetes versions that a cluster can have."""
        given = self.given
        named, status = given.get("clusterVersions"), given.get("versionStatus")
        versions = [
            one.describe()
            for one in CALENDAR
            if (one.version in named if named else given.get("includeAll") or _is_offered(one))
            and status in {None, one.status}
            and (not given.get("defaultOnly") or one.version == DEFAULT_KUBERNETES_VERSION)
        ]
        return self.page("clusterVersions", versions)

    def delete_cluster(self) -> ActionResult:
        """Delete a cluster without node groups, and everything else that belongs to it."""
        cluster = self.cluster()
        if cluster.node_groups:
            raise in_use(
                "Cluster has nodegroups attached",
                clusterName=cluster.name,
                nodegroupName=",".join(cluster.node_groups),
            )
        if cluster.description["deletionProtection"]:
            raise Refusal(
                "InvalidRequestException", "Cluster deletion protection is enabled: disable it."
            )
        del self.eks.clusters[cluster.name]
        network.remove_control_plane(self.ec2, cluster)
        self.eks.tokens.forget(cluster)
        if is_logging(cluster):
            ensure_log_group(self.current_account, self.region, cluster)
            self.eks.late_log_groups |= {log_group_name(cluster)}
        return ActionResult({"cluster": cluster.in_state("DELETING")})

    def _create_cluster(self) -> Cluster:
        name = self.given["name"]
        if name in self.eks.clusters:
            raise in_use(f"Cluster already exists with name: {name}", clusterName=name)
        self._refuse_second()
        self._check_cluster()
        cluster = self._place(name)
        self.eks.clusters[name] = cluster
        self._admit_creator(cluster)
        self.eks.late_log_groups -= {log_group_name(cluster)}
        ensure_log_group(self.current_account, self.region, cluster)
        return cluster

    def _refuse_second(self) -> None:
        for region, backend in eks_backends[self.current_account].items():
            for other in backend.clusters:
                raise Refusal(
                    "ResourceLimitExceededException",
                    f"The rehearsal has one Kubernetes API, and it is that of the cluster {other} "
                    f"in {region}: an account here has one cluster.",
                )

    def _check_cluster(self) -> None:
        version = self.given.get("version", DEFAULT_KUBERNETES_VERSION)
        if version not in KUBERNETES_VERSIONS:
            raise invalid(f"unsupported Kubernetes version {version}")
        check_upgrade_policy(version, self.given.get("upgradePolicy") or {})
        role = identity.find_role(self.current_account, self.given["roleArn"])
        if role is None or not identity.trusts(role, "eks.amazonaws.com"):
            raise invalid(
                f"Role with arn: {self.given['roleArn']}, could not be assumed because it does "
                "not exist or the trusted entity is not correct"
            )
        check_endpoints(self.given["resourcesVpcConfig"])
        for encryption in self.given.get("encryptionConfig") or []:
            self._check_key(encryption["provider"]["keyArn"])

    def _check_key(self, arn: str) -> None:
        try:
            keys.resolve(self.current_account, self.region, arn)
        except keys.KeyNotFoundError as error:
            raise invalid(
                f"The keyArn in encryptionConfig provider, {arn}, is not valid: {error}"
            ) from error

    def _place(self, name: str) -> Cluster:
        """Return a new cluster in the network of the request."""
        wanted = self.given["resourcesVpcConfig"]
        subnets = network.find_subnets(self.ec2, wanted["subnetIds"])
        network.check_zones(subnets)
        vpc_id = subnets[0].vpc_id
        group_ids = wanted.get("securityGroupIds") or []
        network.check_groups(self.ec2, group_ids, vpc_id)
        services = self._service_cidr(vpc_id)
        vpc = {
            "endpointPublicAccess": True,
            "endpointPrivateAccess": False,
            "publicAccessCidrs": ["0.0.0.0/0"],
        } | wanted
        vpc |= {
            "securityGroupIds": group_ids,
            "vpcId": vpc_id,
            "clusterSecurityGroupId": network.create_cluster_group(self.ec2, name, vpc_id),
        }
        cluster = Cluster(
            self.new_arn("cluster", name), self._describe_cluster(name, vpc, services)
        )
        network.place_control_plane(self.ec2, cluster)
        return cluster

    def _service_cidr(self, vpc_id: str) -> str:
        """Return the CIDR of Kubernetes services, as requested or outside the VPC's range.

        Source: EKS API Reference, KubernetesNetworkConfigRequest.
        """
        vpc = ip_network(self.ec2.get_vpc(vpc_id).cidr_block)
        wanted = (self.given.get("kubernetesNetworkConfig") or {}).get("serviceIpv4Cidr")
        if wanted and not _is_service_cidr(wanted):
            raise invalid(
                f"The service CIDR {wanted} must be within {', '.join(map(str, PRIVATE))}, and "
                "between /24 and /12."
            )
        if wanted and ip_network(wanted).overlaps(vpc):
            raise invalid(f"The service CIDR {wanted} overlaps with the VPC's {vpc}.")
        default = "172.20.0.0/16"
        return wanted or ("10.100.0.0/16" if ip_network(default).overlaps(vpc) else default)

    def _describe_cluster(self, name: str, vpc: dict[str, Any], services: str) -> dict[str, Any]:
        issuer = f"https://oidc.eks.{self.region}.amazonaws.com/id/{secrets.token_hex(16).upper()}"
        return {
            "name": name,
            "arn": self.new_arn("cluster", name),
            "createdAt": utcnow(),
            "version": self.given.get("version", DEFAULT_KUBERNETES_VERSION),
            "roleArn": self.given["roleArn"],
            "resourcesVpcConfig": vpc,
            "kubernetesNetworkConfig": {
                "serviceIpv4Cidr": services,
                "ipFamily": "ipv4",
                "elasticLoadBalancing": {"enabled": False},
            },
            "logging": full_logging(self.given.get("logging")),
            "identity": {"oidc": {"issuer": issuer}},
            "platformVersion": "eks.9",
            "tags": self.given.get("tags") or {},
            "encryptionConfig": self.given.get("encryptionConfig") or [],
            "health": {"issues": []},
            "accessConfig": {
                "bootstrapClusterCreatorAdminPermissions": True,
                "authenticationMode": "CONFIG_MAP",
            }
            | (self.given.get("accessConfig") or {}),
            "upgradePolicy": self.given.get("upgradePolicy") or {"supportType": "EXTENDED"},
            "deletionProtection": self.given.get("deletionProtection", False),
        }

    def _admit_creator(self, cluster: Cluster) -> None:
        """Make the caller an administrator, unless the request declines it."""
        access = cluster.description["accessConfig"]
        if (
            not access["bootstrapClusterCreatorAdminPermissions"]
            or access["authenticationMode"] == "CONFIG_MAP"
        ):
            return
        caller = identity.caller_arn(self.current_account, self.access_key)
        entry = new_access_entry(cluster, self.new_arn, caller, {})
        entry.policies[CLUSTER_ADMIN] = {
            "policyArn": CLUSTER_ADMIN,
            "accessScope": {"type": "cluster", "namespaces": []},
            "associatedAt": utcnow(),
            "modifiedAt": utcnow(),
        }


def _is_offered(one: KubernetesVersion) -> bool:
    return one.version in KUBERNETES_VERSIONS


def check_upgrade_policy(version: str, policy: Mapping[str, str]) -> None:
    """Raise an error for a policy that declines extended support of a version already in it.

    Source: EKS user guide, "Disable EKS extended support".
    """
    if policy.get("supportType") == "STANDARD" and status(version) != "STANDARD_SUPPORT":
        raise invalid(
            f"The upgrade policy STANDARD is not possible for Kubernetes {version}, which is in "
            "extended support."
        )


def check_endpoints(vpc: Mapping[str, Any]) -> None:
    """Raise an error unless the API server has an endpoint, public only for public addresses."""
    if not vpc.get("endpointPublicAccess", True) and not vpc.get("endpointPrivateAccess", False):
        raise invalid("Private and public endpoint access cannot both be false")
    cidrs = vpc.get("publicAccessCidrs") or []
    if len(cidrs) > MOST_CIDRS:
        raise invalid(f"publicAccessCidrs can have at most {MOST_CIDRS} CIDRs, got {len(cidrs)}.")
    for cidr in cidrs:
        try:
            network_ = IPv4Network(cidr)
        except ValueError as error:
            raise invalid(f"The following CIDRs are invalid: [{cidr}]: {error}") from error
        if str(network_) != cidr:
            raise invalid(f"The following CIDRs are invalid: [{cidr}]")
        if any(network_.subnet_of(reserved) for reserved in NOT_PUBLIC):  # type: ignore[arg-type]
            raise invalid(f"The following CIDRs are not allowed in publicAccessCidrs: [{cidr}]")


def ensure_log_group(account_id: str, region: str, cluster: Cluster) -> None:
    """Create the log group of a cluster that logs, if it does not exist.

    EKS creates it too, and does not delete it with the cluster. A log group of the user's own, with
    a retention, must be created before the cluster.
    """
    name = log_group_name(cluster)
    logs = logs_backends[account_id][region]
    if is_logging(cluster) and name not in logs.groups:
        logs.create_log_group(name, {})


def log_group_name(cluster: Cluster) -> str:
    """Return the name of the log group of a cluster's control plane."""
    return f"/aws/eks/{cluster.name}/cluster"


def is_logging(cluster: Cluster) -> bool:
    """Return whether a cluster's control plane writes any logs."""
    return any(setup["enabled"] for setup in cluster.description["logging"]["clusterLogging"])


def full_logging(wanted: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the logging setup with every log type once, enabled or disabled."""
    enabled = [
        type_
        for setup in (wanted or {}).get("clusterLogging") or []
        if setup.get("enabled")
        for type_ in setup.get("types") or []
    ]
    setups = [
        {"types": [t for t in LOG_TYPES if (t in enabled) is on], "enabled": on}
        for on in (True, False)
    ]
    return {"clusterLogging": [setup for setup in setups if setup["types"]]}


def _is_service_cidr(cidr: str) -> bool:
    try:
        wanted = IPv4Network(cidr)
    except ValueError:
        return False
    return 12 <= wanted.prefixlen <= 24 and any(
        wanted.network_address in one and wanted.broadcast_address in one for one in PRIVATE
    )
