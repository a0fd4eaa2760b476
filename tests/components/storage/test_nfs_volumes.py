import json

import pulumi
import pulumi_aws as aws

from components.storage.claims import TEARDOWN_LABEL
from components.storage.efs import EfsFileSystem
from components.storage.efs_spec import EfsSpec
from components.storage.nfs_volume_spec import NfsVolumeSpec
from components.storage.nfs_volumes import TEARDOWN_NAME, NfsVolumes
from teardown.held import DRIVER_LABEL
from tests.components.storage.samples import wiring
from tests.mocks import Deployment, deploy

SERVER = "fs-1.efs.us-west-2.amazonaws.com"


def volumes(zone: str | None = None) -> Deployment:
    def program() -> None:
        access = aws.ec2.Vpc("access")
        NfsVolumes(
            "nfs",
            {
                "spec": NfsVolumeSpec(),
                "dns_name": SERVER,
                "file_system_id": "fs-1",
                "zone": zone,
                "namespaces": {"team": "team"},
            },
            pulumi.ResourceOptions(depends_on=[access]),
        )

    return deploy(program)


def test_the_volume_is_that_of_the_guide() -> None:
    spec = volumes().one(":PersistentVolume").inputs["spec"]
    assert spec["capacity"] == {"storage": "100Gi"}
    assert spec["accessModes"] == ["ReadWriteMany"]
    assert spec["nfs"] == {"server": SERVER, "path": "/"}
    options = "nfsvers=4.1,rsize=1048576,wsize=1048576,hard,timeo=600,retrans=2,noresvport"
    assert spec["mountOptions"] == options.split(",")
    assert spec["persistentVolumeReclaimPolicy"] == "Retain"
    assert "nodeAffinity" not in spec


def test_the_claim_asks_for_half_of_it_and_binds_to_it_alone() -> None:
    made = volumes()
    claim, volume = made.one(":PersistentVolumeClaim").inputs, made.one(":PersistentVolume").inputs
    assert claim["spec"]["resources"] == {"requests": {"storage": "50Gi"}}
    assert claim["spec"]["volumeName"] == volume["metadata"]["name"] == "nfs-team"
    assert volume["spec"]["claimRef"] == {"namespace": "team", "name": "nfs"}
    assert claim["metadata"] == {"name": "nfs", "namespace": "team"}


def test_volumes_wait_for_the_access_of_the_nodes() -> None:
    made = volumes()
    assert made.one("Vpc") in made.waits_for(made.one(":PersistentVolume"))


def test_a_volume_of_one_zone_leads_pods_into_it() -> None:
    affinity = volumes("us-west-2a").one(":PersistentVolume").inputs["spec"]["nodeAffinity"]
    assert "us-west-2a" in json.dumps(affinity)


def test_the_teardown_knows_its_volumes_by_their_label() -> None:
    labels = volumes().one(":PersistentVolume").inputs["metadata"]["labels"]
    assert labels == {DRIVER_LABEL: TEARDOWN_NAME}
    assert TEARDOWN_LABEL == DRIVER_LABEL


def test_the_policy_lets_plain_nfs_in_if_there_is_a_volume() -> None:
    spec = EfsSpec(nfs_volume=NfsVolumeSpec())
    made = deploy(lambda: EfsFileSystem("fs", {"spec": spec, **wiring()}))
    statements = json.loads(made.one(":FileSystemPolicy").inputs["policy"])["Statement"]
    by_sid = {one["Sid"]: one for one in statements}
    assert set(by_sid["EverythingByNfs"]["Action"]) == {
        f"elasticfilesystem:Client{one}" for one in ("Mount", "Write", "RootAccess")
    }
    assert "WriteOverTlsOnly" not in by_sid
