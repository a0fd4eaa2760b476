"""API calls of EKS that change a cluster, and those that report changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult

from rehearsal.aws import interfaces
from rehearsal.aws.eks import cluster_rules, control_plane_logs, network
from rehearsal.aws.eks.catalogue import KUBERNETES_VERSIONS, minor
from rehearsal.aws.eks.models import Cluster, EKSCalls, invalid, not_found
from rehearsal.aws.eks.node_group_rules import KUBELET_SKEW
from rehearsal.aws.service import Refusal

# Authentication modes in the only order in which they can be changed.
MODES = ("CONFIG_MAP", "API_AND_CONFIG_MAP", "API")


class UpdateCalls(EKSCalls):
    """UpdateClusterConfig, UpdateClusterVersion, DescribeUpdate and ListUpdates."""

    def update_cluster_config(self) -> ActionResult:
        """Change one kind of a cluster's settings; other settings stay."""
        cluster = self.cluster()
        changes: dict[str, Callable[[Cluster, Any], dict[str, Any]]] = {
            "resourcesVpcConfig": self._change_vpc,
            "logging": self._change_logging,
            "accessConfig": self._change_access,
            "upgradePolicy": self._change_upgrade_policy,
            "deletionProtection": self._change_deletion_protection,
        }
        wanted = [name for name in changes if name in self.given]
        if len(wanted) != 1:
            raise invalid(f"Only one type of update can be allowed, got: {', '.join(wanted)}")
        return ActionResult({"update": changes[wanted[0]](cluster, self.given[wanted[0]])})

    def update_cluster_version(self) -> ActionResult:
        """Raise a cluster's Kubernetes version by one minor version."""
        cluster, version = self.cluster(), self.given["version"]
        if version == cluster.version:
            raise invalid(f"Cluster is already at version {version}")
        if version not in KUBERNETES_VERSIONS:
            raise invalid(f"unsupported Kubernetes version {version}")
        if minor(version) != minor(cluster.version) + 1:
            raise invalid(
                f"Unsupported Kubernetes minor version update from {cluster.version} to {version}"
            )
        for name, group in cluster.node_groups.items():
            if minor(version) - minor(group.description["version"]) > KUBELET_SKEW:
                raise Refusal(
                    "InvalidRequestException",
                    f"Nodegroup {name} must be updated to within {KUBELET_SKEW} minor versions of "
                    f"{version} before the cluster",
                )
        cluster.description["version"] = version
        return ActionResult({"update": cluster.record("VersionUpdate", Version=version)})

    def describe_update(self) -> ActionResult:
        """Describe an update of a cluster, or of its node groups or add-ons."""
        cluster, update_id = self.cluster(), self.given["updateId"]
        if update_id not in cluster.updates:
            raise not_found(f"No update found for ID: {update_id}")
        return ActionResult({"update": cluster.updates[update_id].describe()})

    def list_updates(self) -> ActionResult:
        """List the ids of a cluster's updates."""
        return self.page("updateIds", list(self.cluster().updates))

    def _change_vpc(self, cluster: Cluster, wanted: dict[str, Any]) -> dict[str, Any]:
        vpc = {**cluster.vpc, **wanted}
        cluster_rules.check_endpoints(vpc)
        _refuse_no_change(cluster.vpc, vpc)
        ec2 = interfaces.network(self.current_account, self.region)
        if "subnetIds" in wanted or "securityGroupIds" in wanted:
            subnets = network.find_subnets(ec2, vpc["subnetIds"])
            network.check_zones(subnets)
            network.check_same_zones(ec2, cluster, subnets)
            network.check_groups(ec2, vpc["securityGroupIds"], subnets[0].vpc_id)
            if subnets[0].vpc_id != vpc["vpcId"]:
                raise invalid(f"Provided subnets belong to a different VPC than {vpc['vpcId']}")
            cluster.description["resourcesVpcConfig"] = vpc
            network.create_control_plane_interfaces(ec2, cluster)
            return cluster.record("VpcConfigUpdate", SubnetIds=vpc["subnetIds"])
        cluster.description["resourcesVpcConfig"] = vpc
        return cluster.record("EndpointAccessUpdate", PublicAccessCidrs=vpc["publicAccessCidrs"])

    def _change_logging(self, cluster: Cluster, wanted: dict[str, Any]) -> dict[str, Any]:
        logging = control_plane_logs.full_logging({"clusterLogging": _merged(cluster, wanted)})
        _refuse_no_change(cluster.description["logging"], logging)
        cluster.description["logging"] = logging
        control_plane_logs.ensure_log_group(self.current_account, self.region, cluster)
        return cluster.record("LoggingUpdate", ClusterLogging=wanted)

    def _change_access(self, cluster: Cluster, wanted: dict[str, Any]) -> dict[str, Any]:
        access = cluster.description["accessConfig"]
        old, new = access["authenticationMode"], wanted["authenticationMode"]
        _refuse_no_change(old, new)
        if MODES.index(new) < MODES.index(old) or (old, new) == ("CONFIG_MAP", "API"):
            raise invalid(f"Unsupported authentication mode update from {old} to {new}")
        access["authenticationMode"] = new
        return cluster.record("AccessConfigUpdate", AuthenticationMode=new)

    def _change_upgrade_policy(self, cluster: Cluster, wanted: dict[str, Any]) -> dict[str, Any]:
        _refuse_no_change(cluster.description["upgradePolicy"], wanted)
        cluster_rules.check_upgrade_policy(cluster.version, wanted)
        cluster.description["upgradePolicy"] = wanted
        return cluster.record("UpgradePolicyUpdate", UpgradePolicy=wanted)

    def _change_deletion_protection(self, cluster: Cluster, wanted: bool) -> dict[str, Any]:
        _refuse_no_change(cluster.description["deletionProtection"], wanted)
        cluster.description["deletionProtection"] = wanted
        return cluster.record("DeletionProtectionUpdate", DeletionProtection=wanted)


def _merged(cluster: Cluster, wanted: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the logging setups after a change; a type that the change does not name stays."""
    state = {
        type_: setup["enabled"]
        for setup in [
            *cluster.description["logging"]["clusterLogging"],
            *(wanted.get("clusterLogging") or []),
        ]
        for type_ in setup.get("types") or []
    }
    return [{"types": [type_], "enabled": enabled} for type_, enabled in state.items()]


def _refuse_no_change(old: Any, new: Any) -> None:
    if old == new:
        raise invalid("Cluster is already at the desired configuration")
