"""API calls of EKS for clusters."""

from __future__ import annotations

import secrets
from ipaddress import ip_network
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.models import EC2Backend
from moto.eks.models import eks_backends

from rehearsal.aws import identity, interfaces, keys
from rehearsal.aws.eks import cluster_rules, control_plane, control_plane_logs, network
from rehearsal.aws.eks.access import new_access_entry
from rehearsal.aws.eks.catalogue import (
    CALENDAR,
    CLUSTER_ADMIN,
    DEFAULT_KUBERNETES_VERSION,
    KUBERNETES_VERSIONS,
    KubernetesVersion,
)
from rehearsal.aws.eks.models import Cluster, EKSCalls, in_use, invalid
from rehearsal.aws.service import Refusal


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
        if control_plane_logs.is_logging(cluster):
            control_plane_logs.ensure_log_group(self.current_account, self.region, cluster)
            self.eks.late_log_groups |= {control_plane_logs.log_group_name(cluster)}
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
        self.eks.late_log_groups -= {control_plane_logs.log_group_name(cluster)}
        control_plane_logs.ensure_log_group(self.current_account, self.region, cluster)
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
        cluster_rules.check_upgrade_policy(version, self.given.get("upgradePolicy") or {})
        role = identity.find_role(self.current_account, self.given["roleArn"])
        if role is None or not identity.trusts(role, "eks.amazonaws.com"):
            raise invalid(
                f"Role with arn: {self.given['roleArn']}, could not be assumed because it does "
                "not exist or the trusted entity is not correct"
            )
        cluster_rules.check_endpoints(self.given["resourcesVpcConfig"])
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
        network.create_control_plane_interfaces(self.ec2, cluster)
        return cluster

    def _service_cidr(self, vpc_id: str) -> str:
        """Return the CIDR of Kubernetes services, as requested or outside the VPC's range."""
        vpc = ip_network(self.ec2.get_vpc(vpc_id).cidr_block)
        wanted = (self.given.get("kubernetesNetworkConfig") or {}).get("serviceIpv4Cidr")
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
            "logging": control_plane_logs.full_logging(self.given.get("logging")),
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
