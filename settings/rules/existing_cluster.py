"""Rules of an EKS cluster that exists, as it was found before anything is created.

Sources: EKS User Guide, "Grant IAM users access to Kubernetes with EKS access entries", "Set up the
Amazon EKS Pod Identity Agent" and "Cluster API server endpoint"; Kubernetes, "Validating Admission
Policy" (stable since 1.30); EFS User Guide, "Mounting on Amazon EC2 with a DNS name" (the name
resolves to the mount target of the client's zone); Helm, "Helm 3 release ownership" (a chart takes
over no object of others).
"""

from __future__ import annotations

from collections.abc import Iterator

from components.found_cluster import FoundCluster
from components.spec.errors import NOT_SET, ConfigError, Path
from components.spec.spelling import closest_match
from components.storage.claim_names import volume_name
from components.storage.efs_spec import EfsSpec
from components.storage.mountpoint_spec import S3Spec
from components.storage.s3_files_spec import S3FilesSpec
from settings.stack import Settings

CLUSTER: Path = ("cluster",)
EXISTING: Path = (*CLUSTER, "existing")
ENTRIES: Path = (*CLUSTER, "accessEntries")
NODE_GROUPS: Path = (*CLUSTER, "nodeSecurityGroupIds")
SUBNETS: Path = ("network", "existing", "subnetIds")
NAMESPACES: Path = ("storage", "namespaces")

OLDEST_VERSION = 30
"""Oldest minor version of Kubernetes 1: the policy that protects a stack is stable since then."""
AGENT_COMMAND = (
    "run `aws eks create-addon --addon-name eks-pod-identity-agent --cluster-name {}`, which "
    "changes nothing else"
)
ADMIN = "AmazonEKSClusterAdminPolicy"


def exists(settings: Settings) -> Iterator[ConfigError]:
    """Check that the Region has the cluster, and that it can be used."""
    name, found = settings.cluster.existing, settings.existing.cluster
    if name is None or not settings.existing.is_known:
        return
    if found is None:
        guess = closest_match(name, settings.existing.cluster_names)
        rule = "must be an EKS cluster that the account has in the Region"
        remedy = f"see `aws eks list-clusters --region {settings.region}`"
        remedy = f'did you mean "{guess}"?' if guess else remedy
        yield ConfigError(EXISTING, rule, name, remedy, (("aws:region",),))
    elif found.status != "ACTIVE":
        rule = f"the cluster must be ACTIVE, and is {found.status}"
        remedy = f"wait for it: `aws eks wait cluster-active --name {name}`"
        yield ConfigError(EXISTING, rule, name, remedy)


def version(settings: Settings) -> Iterator[ConfigError]:
    """Check that the cluster's Kubernetes has what the stack creates in it."""
    found = _usable(settings)
    if found is not None and int(found.version.partition(".")[2]) < OLDEST_VERSION:
        rule = (
            f"Kubernetes must be 1.{OLDEST_VERSION} or later, and the cluster has {found.version}"
        )
        remedy = f"upgrade it: `aws eks update-cluster-version --name {found.name} ...`"
        yield ConfigError(EXISTING, rule, found.name, remedy)


def answers(settings: Settings) -> Iterator[ConfigError]:
    """Check that the Kubernetes API lets the caller in, from where Pulumi runs."""
    found = _usable(settings)
    if found is None or found.unanswered is None:
        return
    if not found.refused:
        rule = f"its API server must answer here: {found.unanswered}"
        remedy = (
            "run Pulumi where the API server is reached, such as in its VPC, or have its owner add "
            "your address to the networks of its public endpoint"
        )
    elif found.authentication_mode == "CONFIG_MAP":
        rule = f"its API server must let you in, by its ConfigMap aws-auth: {found.unanswered}"
        remedy = (
            "have its owner add your role to the ConfigMap kube-system/aws-auth in group "
            f"system:masters, or run `aws eks update-cluster-config --name {found.name} "
            "--access-config authenticationMode=API_AND_CONFIG_MAP` and create an access entry"
        )
    else:
        rule = f"its API server must let you in, by an access entry: {found.unanswered}"
        remedy = (
            f"have its owner run `aws eks create-access-entry --cluster-name {found.name} "
            "--principal-arn YOURS` and `aws eks associate-access-policy --cluster-name "
            f"{found.name} --principal-arn YOURS --access-scope type=cluster --policy-arn "
            f"arn:aws:eks::aws:cluster-access-policy/{ADMIN}`, with the ARN of your role"
        )
    yield ConfigError(EXISTING, rule, found.name, remedy)


def access_entries(settings: Settings) -> Iterator[ConfigError]:
    """Check that the cluster takes access entries."""
    found, entries = _usable(settings), settings.cluster.access_entries
    if found is not None and entries and found.authentication_mode == "CONFIG_MAP":
        rule = "the cluster's authentication mode is CONFIG_MAP, which takes no access entries"
        remedy = (
            f"remove them, or run `aws eks update-cluster-config --name {found.name} "
            "--access-config authenticationMode=API_AND_CONFIG_MAP`, which cannot be undone"
        )
        yield ConfigError(ENTRIES, rule, [*entries], remedy, (EXISTING,))


def same_vpc(settings: Settings) -> Iterator[ConfigError]:
    """Check that the named subnets are in the VPC of the cluster, whose nodes mount there."""
    found, network = _usable(settings), settings.existing.network
    vpc = network.vpc if network is not None else None
    if found is not None and vpc is not None and vpc.id != found.vpc_id:
        rule = f"must be the VPC of the cluster, {found.vpc_id}: its nodes mount there"
        remedy = "name that VPC and its subnets, or remove network to use the cluster's own"
        yield ConfigError(("network", "existing"), rule, vpc.id, remedy, (EXISTING,))


def pod_identity(settings: Settings) -> Iterator[ConfigError]:
    """Check that pods of the stack get AWS credentials."""
    found = _readable(settings)
    if found is not None and not found.has_agent and settings.needs_pod_identity:
        rule = "pods of the stack call AWS, and the cluster has no EKS Pod Identity Agent"
        yield ConfigError(EXISTING, rule, found.name, AGENT_COMMAND.format(found.name))


def nodes(settings: Settings) -> Iterator[ConfigError]:
    """Check that pods find a node; in Auto Mode one comes with the first pod."""
    found = _readable(settings)
    if found is not None and not (found.objects.nodes or settings.node_groups or found.auto_mode):
        rule = "the cluster has no node, and the stack's config no node group"
        remedy = "add a node to the cluster, or a group under nodeGroups"
        yield ConfigError(("nodeGroups",), rule, NOT_SET, remedy, (EXISTING,))


def node_zones(settings: Settings) -> Iterator[ConfigError]:
    """Check that the nodes of each zone find the file system there."""
    found, zones = _readable(settings), settings.network.zones
    if found is None or not zones:
        return
    there = [zone for zone in found.node_zones if zone not in zones]
    if settings.storage.used_efs is not None and there:
        rule = f"EFS is mounted in the zone of a node, and nodes are in {' and '.join(there)} too"
        remedy = "name a subnet of each zone with nodes in network.existing.subnetIds"
        yield ConfigError(SUBNETS, rule, [*zones], remedy, (EXISTING,))
    fsx = settings.storage.used_fsx
    zone = fsx.zone or zones[0] if fsx is not None else None
    own = {each for group in settings.node_groups.values() for each in group.zones or zones}
    known = {*found.node_zones, *own}
    if zone is not None and known and zone not in known:
        rule = f"no node is in {zone}, the zone of the file system"
        remedy = f"set {' or '.join(sorted(known & {*zones})) or 'a zone with nodes'}"
        path: Path = ("storage", "fsx", "zone")
        yield ConfigError(path, rule, zone, remedy, (EXISTING,))


def node_security_groups(settings: Settings) -> Iterator[ConfigError]:
    """Check that named security groups exist in the VPC of the cluster."""
    found, groups = _usable(settings), settings.existing.security_groups
    if found is None or groups is None:
        return
    for i, group in enumerate(settings.cluster.node_security_group_ids):
        path = (*NODE_GROUPS, i)
        if group not in groups:
            rule = "must be a security group that the account has in the Region"
            remedy = f"see `aws ec2 describe-security-groups --region {settings.region}`"
            yield ConfigError(path, rule, group, remedy)
        elif groups[group] != found.vpc_id:
            rule = f"must be of the cluster's VPC, {found.vpc_id}, and is of {groups[group]}"
            yield ConfigError(path, rule, group, "name the group that the nodes have", (EXISTING,))


def left_driver(settings: Settings) -> Iterator[ConfigError]:
    """Check that no CSIDriver object of a driver that is gone keeps its chart from installing.

    The chart of EFS leaves the object on purpose, and replaces it by a hook when it is installed.
    """
    found = _readable(settings)
    if found is None:
        return
    for driver in settings.storage_drivers:
        left = driver in found.objects.csi_drivers and not found.runs_driver(driver)
        if not left or driver == EfsSpec.driver_name or settings.installed_driver(driver):
            continue
        rule = f"has the object CSIDriver {driver}, and no node on which that driver runs"
        remedy = (
            f"delete the object with `kubectl delete csidriver {driver}`, and the stack installs "
            "the driver; or mend the driver that it is of"
        )
        yield ConfigError(EXISTING, rule, found.name, remedy, (("storage", "backend"),))


def free_names(settings: Settings) -> Iterator[ConfigError]:
    """Check that the names of claims and volumes are free, or the stack's own."""
    found, deployed = _readable(settings), settings.deployed
    if found is None:
        return
    there = found.objects
    for i, namespace in enumerate(settings.storage.namespaces):
        names = settings.storage.claim_names
        claims = [
            f"PersistentVolumeClaim {name}"
            for name in names
            if (namespace, name) in there.claims and (namespace, name) not in deployed.claims
        ]
        volumes = {volume_name(name, namespace) for name in names}
        others = sorted(volumes & there.volumes - deployed.volumes)
        if taken := [*claims, *(f"PersistentVolume {one}" for one in others)]:
            rule = f"the cluster has {' and '.join(taken)} of others for this namespace"
            yield ConfigError(
                (*NAMESPACES, i), rule, namespace, "name another namespace", (EXISTING,)
            )


def free_classes(settings: Settings) -> Iterator[ConfigError]:
    """Check that the names of storage classes are free, or the stack's own."""
    found = _readable(settings)
    taken = found.objects.storage_classes - settings.deployed.storage_classes if found else set()
    for storage, spec in settings.storage.in_use.items():
        for name in getattr(spec, "classes", {}):
            if name in taken:
                rule = "the cluster has a StorageClass of others with this name"
                path: Path = ("storage", storage, "classes", name)
                yield ConfigError(path, rule, name, "rename it, or use theirs", (EXISTING,))


def cluster_kept(settings: Settings) -> Iterator[ConfigError]:
    """Check that a deployed stack stays on its cluster."""
    deployed, wanted = settings.deployed, settings.cluster.existing
    there = deployed.existing_cluster
    if there is None and deployed.cluster is not None and wanted is not None:
        rule = "the stack made its own cluster, and would delete it with all that is in it"
        yield ConfigError(EXISTING, rule, wanted, "remove it, or destroy the stack first")
    elif there is not None and wanted != there:
        rule = f"the stack is on cluster {there}, and would replace all that it has there"
        remedy = f"set {there}, or destroy the stack first"
        yield ConfigError(EXISTING, rule, wanted or NOT_SET, remedy)


def other_nodes(settings: Settings) -> Iterator[ConfigError]:
    """Warn of nodes whose security groups nothing tells."""
    found = _readable(settings)
    if found is None or found.auto_mode or settings.cluster.node_security_group_ids:
        return
    others = [one.name for one in found.objects.nodes if one.node_group is None]
    if others:
        rule = f"has {len(others)} nodes in no managed group, such as {others[0]}"
        remedy = (
            "if they have other security groups than the cluster's own, name these in "
            "cluster.nodeSecurityGroupIds: the file system admits no others"
        )
        yield ConfigError(EXISTING, rule, found.name, remedy)


def their_driver(settings: Settings) -> Iterator[ConfigError]:
    """Warn of a driver whose role decides about claims on the stack's storage class."""
    found = _readable(settings)
    if found is None:
        return
    for driver in sorted(settings.their_drivers):
        rule = (
            f"has the driver {driver}, which is used as it is: the stack's own claims need no more"
        )
        remedy = "a claim of the stack's storage class needs rights of the driver's own role on it"
        if driver == S3Spec.driver_name:
            rule = f"has the driver {driver}, whose role mounts the bucket"
            remedy = (
                "that role must be allowed to list the bucket and to read and write its objects"
            )
        elif driver == S3FilesSpec.driver_name and settings.storage.used_s3_files is not None:
            rule = f"has the driver {driver}, whose pods on the nodes mount S3 Files by their role"
            remedy = (
                "it must be of release 3.4.1 or later, and the role of "
                "kube-system/efs-csi-node-sa must have AmazonS3FilesClientFullAccess"
            )
        yield ConfigError(EXISTING, rule, found.name, remedy)


def their_controller(settings: Settings) -> Iterator[ConfigError]:
    """Warn of a controller whose role decides about the stack's training jobs."""
    found = _readable(settings)
    if found is not None and settings.training.jobs and settings.uses_their_controller:
        places = ", ".join(sorted(found.objects.ack_controllers))
        rule = f"has ACK's controller for SageMaker in {places}, which creates the training jobs"
        remedy = (
            "its role must be allowed to create, tag, describe and stop training jobs, and to pass "
            "the stack's role training-execution-role-* to SageMaker"
        )
        yield ConfigError(EXISTING, rule, found.name, remedy)


def _usable(settings: Settings) -> FoundCluster | None:
    found = settings.existing.cluster
    return found if found is not None and found.status == "ACTIVE" else None


def _readable(settings: Settings) -> FoundCluster | None:
    found = _usable(settings)
    return found if found is not None and found.unanswered is None else None


RULES = (
    exists,
    version,
    answers,
    access_entries,
    same_vpc,
    pod_identity,
    nodes,
    node_zones,
    node_security_groups,
    left_driver,
    free_names,
    free_classes,
    cluster_kept,
)
WARNINGS = (other_nodes, their_driver, their_controller)
