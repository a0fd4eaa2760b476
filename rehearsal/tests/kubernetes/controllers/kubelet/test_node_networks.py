"""Networks of nodes: a pod mounts what its node reaches."""

import pytest

from rehearsal.kubernetes.controllers.kube import Key
from rehearsal.kubernetes.controllers.kubelet import claims
from rehearsal.kubernetes.controllers.kubelet.volume_sources import MountError, VolumeSources
from tests.kubernetes.controllers.account import CLUSTER, REGION

POD = {"metadata": {"namespace": "team"}, "spec": {"nodeName": "node-1"}}


def node_in(at, subnet):
    """The place of a pod on a real node of the cluster, in a subnet."""
    filters = [
        {"Name": "description", "Values": ["node of *"]},
        {"Name": "subnet-id", "Values": [subnet]},
    ]
    ec2 = at.account.client("ec2")
    (found,) = ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]
    address, folder = found["PrivateIpAddress"], at.environment.root / "pods" / "1"
    return VolumeSources(at.kube, at.cloud, at.contents, REGION, folder, node_address=address)


def cluster_group(at):
    found = at.account.client("eks").describe_cluster(name=CLUSTER)["cluster"]
    return found["resourcesVpcConfig"]["clusterSecurityGroupId"]


def admit(at, group):
    pair = {"UserIdGroupPairs": [{"GroupId": group}]}
    rule = {"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, **pair}
    ec2 = at.account.client("ec2")
    ec2.authorize_security_group_ingress(GroupId=at.account.group, IpPermissions=[rule])


def test_a_node_mounts_a_file_system_once_its_security_group_is_admitted(at):
    place, group = node_in(at, at.account.subnets[0]), cluster_group(at)
    said = f"no rule of {at.account.group} allows inbound TCP 2049 from {group}"
    with pytest.raises(MountError, match=f"MountVolume.SetUp failed .* timed out: {said}"):
        claims.folder(place, POD, "shared", "")
    admit(at, group)
    assert claims.folder(place, POD, "shared", "") == at.folder


def test_a_node_in_a_zone_without_a_mount_target_mounts_nothing(at):
    admit(at, cluster_group(at))
    place = node_in(at, at.account.subnets[1])
    with pytest.raises(MountError, match=f"has no mount target in {REGION}b"):
        claims.folder(place, POD, "shared", "")


def test_a_node_in_another_zone_mounts_by_the_zone_that_it_names(at):
    admit(at, cluster_group(at))
    place = node_in(at, at.account.subnets[1])
    volume = Key("PersistentVolume", "", "shared")
    at.kube.patch(volume, {"spec": {"mountOptions": ["noresvport", f"az={REGION}a"]}})
    assert claims.folder(place, POD, "shared", "") == at.folder
    at.kube.patch(volume, {"spec": {"mountOptions": [f"az={REGION}c"]}})
    with pytest.raises(MountError, match=f"has no mount target in {REGION}c$"):
        claims.folder(place, POD, "shared", "")
