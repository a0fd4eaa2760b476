"""API calls of EKS for managed node groups."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import uuid4

from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from rehearsal.aws import identity, interfaces
from rehearsal.aws.eks import labels, launch_templates, network, node_group_rules
from rehearsal.aws.eks.access import new_access_entry
from rehearsal.aws.eks.catalogue import IMAGE_RELEASE, KUBERNETES_VERSIONS, minor, newest_image
from rehearsal.aws.eks.models import Cluster, EKSCalls, NodeGroup, in_use, invalid, not_found
from rehearsal.aws.service import Refusal
from rehearsal.faults import active
from rehearsal.faults.kinds import ISSUES

DEFAULT_INSTANCE_TYPES = ("t3.medium",)


class NodeGroupCalls(EKSCalls):
    """CreateNodegroup and the related calls."""

    def create_nodegroup(self) -> ActionResult:
        """Create a managed node group; a repeated token returns the group created before."""
        made: NodeGroup = self.eks.tokens.once(
            self.given, "clientRequestToken", self._create_node_group, self.token_refused
        )
        return ActionResult({"nodegroup": made.in_state(made.lifecycle.state)})

    def describe_nodegroup(self) -> ActionResult:
        """Describe a node group."""
        return ActionResult({"nodegroup": self._node_group().describe()})

    def list_nodegroups(self) -> ActionResult:
        """List the names of a cluster's node groups."""
        return self.page("nodegroups", sorted(self.cluster().node_groups))

    def delete_nodegroup(self) -> ActionResult:
        """Delete a node group and its nodes' interfaces."""
        group = self._node_group()
        del self.cluster().node_groups[group.description["nodegroupName"]]
        interfaces.remove(
            interfaces.network(self.current_account, self.region), group.interface_ids
        )
        self.eks.tokens.forget(group)
        return ActionResult({"nodegroup": group.in_state("DELETING")})

    def update_nodegroup_config(self) -> ActionResult:
        """Change the labels, taints, size or update settings of a node group."""
        cluster, group = self.cluster(), self._node_group()
        description = group.description
        if "scalingConfig" in self.given:
            scaling = description["scalingConfig"] | self.given["scalingConfig"]
            node_group_rules.check_scaling(scaling)
            description["scalingConfig"] = scaling
            network.match_node_interfaces(
                interfaces.network(self.current_account, self.region), cluster, group
            )
        changed = self.given.get("labels") or {}
        labels.check_labels(changed.get("addOrUpdateLabels") or {})
        labels.check_taints((self.given.get("taints") or {}).get("addOrUpdateTaints") or [])
        description["labels"].update(changed.get("addOrUpdateLabels") or {})
        for key in changed.get("removeLabels") or []:
            description["labels"].pop(key, None)
        description["taints"] = node_group_rules.changed_taints(
            description["taints"], self.given.get("taints") or {}
        )
        for key in ("updateConfig", "nodeRepairConfig"):
            if key in self.given:
                description[key] = self.given[key]
        description["modifiedAt"] = utcnow()
        return ActionResult({"update": cluster.record("ConfigUpdate", **self._changes())})

    def update_nodegroup_version(self) -> ActionResult:
        """Update a node group to a Kubernetes version or to a version of its launch template."""
        cluster, group = self.cluster(), self._node_group()
        version = self.given.get("version", cluster.version)
        if minor(version) < minor(group.description["version"]):
            raise invalid(f"Nodegroup version can't be lowered to {version}.")
        self._check_version(cluster, version)
        release = self._release(version)
        if node_group_rules.release_day(release) < node_group_rules.release_day(
            group.description["releaseVersion"]
        ):
            raise invalid(f"Nodegroup release version can't be lowered to {release}.")
        changes = {"version": version, "releaseVersion": release, "modifiedAt": utcnow()}
        if "launchTemplate" in self.given:
            changes |= self._new_template(group)
        group.description |= changes
        return ActionResult({"update": cluster.record("VersionUpdate", Version=version)})

    def _new_template(self, group: NodeGroup) -> dict[str, Any]:
        """Return the settings of a node group from another version of its launch template."""
        templated = self._templated()
        used = group.description.get("launchTemplate") or {}
        if used.get("id") != templated["launchTemplate"]["id"]:
            raise invalid("The launch template must be the one the node group was created with.")
        if issues := templated["health"]["issues"]:
            raise Refusal("InvalidRequestException", issues[0]["message"])
        return templated

    def _release(self, version: str) -> str:
        """Return the version of the machine image: the requested one, or the newest."""
        release: str = self.given.get("releaseVersion") or newest_image(version)
        if not release.startswith(f"{version}.") or not IMAGE_RELEASE.fullmatch(release):
            raise invalid(
                f"Requested release version {release} is not valid for kubernetes version "
                f"{version}."
            )
        return release

    def _create_node_group(self) -> NodeGroup:
        cluster, name = self.cluster(), self.given["nodegroupName"]
        node_group_rules.check_name(name)
        if name in cluster.node_groups:
            raise in_use(
                f"NodeGroup already exists with name {name} and cluster name {cluster.name}",
                clusterName=cluster.name,
                nodegroupName=name,
            )
        description = self._describe_node_group(cluster, name)
        group = NodeGroup(description["nodegroupArn"], description)
        if description["health"]["issues"]:
            group.lifecycle.then = "CREATE_FAILED"
        elif fault := active.applied("node-group", name=name):
            group.fail(fault.state, fault.issue, ISSUES[fault.issue])
        ec2 = interfaces.network(self.current_account, self.region)
        network.match_node_interfaces(ec2, cluster, group)
        cluster.node_groups[name] = group
        role = self.given["nodeRole"]
        uses_entries = cluster.description["accessConfig"]["authenticationMode"] != "CONFIG_MAP"
        if uses_entries and role not in cluster.access_entries:
            new_access_entry(cluster, self.new_arn, role, {"type": "EC2_LINUX"})
        return group

    def _describe_node_group(self, cluster: Cluster, name: str) -> dict[str, Any]:
        """Return the description of a new node group, after checking its request."""
        self._check_node_role()
        self._check_subnets(cluster)
        version = self.given.get("version", cluster.version)
        self._check_version(cluster, version)
        scaling = {"minSize": 1, "maxSize": 2, "desiredSize": 2}
        scaling |= self.given.get("scalingConfig") or {}
        node_group_rules.check_scaling(scaling)
        labels.check_labels(self.given.get("labels") or {})
        labels.check_taints(self.given.get("taints") or [])
        description = {
            "nodegroupName": name,
            "nodegroupArn": self.new_arn("nodegroup", cluster.name, name, str(uuid4())),
            "clusterName": cluster.name,
            "version": version,
            "releaseVersion": self._release(version),
            "createdAt": utcnow(),
            "modifiedAt": utcnow(),
            "capacityType": self.given.get("capacityType", "ON_DEMAND"),
            "scalingConfig": scaling,
            "subnets": self.given["subnets"],
            "nodeRole": self.given["nodeRole"],
            "labels": self.given.get("labels") or {},
            "taints": self.given.get("taints") or [],
            "resources": {"autoScalingGroups": [{"name": f"eks-{name}-{secrets.token_hex(8)}"}]},
            "health": {"issues": []},
            "updateConfig": self.given.get("updateConfig") or {"maxUnavailable": 1},
            "tags": self.given.get("tags") or {},
        }
        for key in ("remoteAccess", "nodeRepairConfig"):
            if key in self.given:
                description[key] = self.given[key]
        description |= self._machines(version)
        issues = labels.taint_issues(description["taints"])
        return description | {"health": {"issues": description["health"]["issues"] + issues}}

    def _machines(self, version: str) -> dict[str, Any]:
        """Return instance types, image and disk, or the launch template that sets them."""
        given = self.given
        if "launchTemplate" in given and ("diskSize" in given or "remoteAccess" in given):
            raise invalid(
                "Disk size and remote access must be specified within the launch template."
            )
        types = given.get("instanceTypes") or list(DEFAULT_INSTANCE_TYPES)
        machines = {
            "instanceTypes": types,
            "amiType": node_group_rules.check_instance_types(types, given.get("amiType"), version),
        }
        if "launchTemplate" in given:
            return machines | self._templated()
        launch_templates.check_volume(given.get("diskSize"))
        return machines | {"diskSize": given.get("diskSize", 20)}

    def _templated(self) -> dict[str, Any]:
        """Return the settings of a node group from a launch template."""
        ec2 = interfaces.network(self.current_account, self.region)
        version = launch_templates.find(ec2, self.given["launchTemplate"])
        launch_templates.check(version.data, self.given.get("instanceTypes"))
        issue = launch_templates.issue(version.data)
        named = {"id": version.template.id, "name": version.template.name}
        return {
            "launchTemplate": named | {"version": str(version.number)},
            "health": {"issues": [issue] if issue else []},
        }

    def _check_node_role(self) -> None:
        arn = self.given["nodeRole"]
        role = identity.find_role(self.current_account, arn)
        if role is None:
            raise invalid(f"The role with name {arn.split('/')[-1]} cannot be found.")
        if not identity.trusts(role, "ec2.amazonaws.com"):
            raise invalid(
                "Following required service principals [ec2.amazonaws.com] were not found in the "
                f"trust relationships of nodeRole {arn}"
            )

    def _check_subnets(self, cluster: Cluster) -> None:
        ec2 = interfaces.network(self.current_account, self.region)
        subnets = network.find_subnets(ec2, self.given["subnets"])
        if any(subnet.vpc_id != cluster.vpc["vpcId"] for subnet in subnets):
            raise invalid(f"Subnets are not in the cluster's VPC {cluster.vpc['vpcId']}.")

    def _check_version(self, cluster: Cluster, version: str) -> None:
        lag = minor(cluster.version) - minor(version)
        if version not in KUBERNETES_VERSIONS or not 0 <= lag <= node_group_rules.KUBELET_SKEW:
            raise invalid(
                f"Requested Nodegroup version {version} is not supported by a cluster of version "
                f"{cluster.version}."
            )

    def _changes(self) -> dict[str, Any]:
        names = {"labels": "LabelsToAdd", "taints": "TaintsToAdd", "updateConfig": "MaxUnavailable"}
        changes = {names[key]: self.given[key] for key in names if key in self.given}
        scaling = self.given.get("scalingConfig") or {}
        return changes | {key[0].upper() + key[1:]: value for key, value in scaling.items()}

    def _node_group(self) -> NodeGroup:
        cluster, name = self.cluster(), self.given["nodegroupName"]
        if found := cluster.node_groups.get(name):
            return found
        raise not_found(
            f"No node group found for name: {name}.", clusterName=cluster.name, nodegroupName=name
        )
