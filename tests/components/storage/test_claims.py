from typing import Any

import pulumi
import pulumi_aws as aws

from components.storage.base import Claim, VolumeSource
from components.storage.claims import Claims, in_zone
from tests.mocks import Deployment, deploy


def claims(capacity: str = "1200Gi", found: list[Claim] | None = None, **more: Any) -> Deployment:
    def program() -> None:
        driver = aws.ec2.Vpc("a-driver")
        made = Claims(
            "claims",
            {
                "namespaces": {name: pulumi.Output.from_input(name) for name in ("a", "b")},
                "volume": VolumeSource(
                    driver="fsx.csi.aws.com",
                    handle="fs-1",
                    attributes={"dnsname": "d", "mountname": "m"},
                    mount_options=["flock"],
                    capacity=capacity,
                ),
                "mount_path": "/data",
                "file_system_id": pulumi.Output.from_input("fs-1"),
                **more,
            },
            pulumi.ResourceOptions(depends_on=[driver]),
        )
        pulumi.export("names", {key: one.name for key, one in made.by_namespace.items()})
        if found is not None:
            found.extend(made.by_namespace.values())

    return deploy(program)


def test_each_namespace_has_its_claim_on_its_volume() -> None:
    made = claims()
    for namespace in ("a", "b"):
        claim = made.one(":PersistentVolumeClaim", f"claims-{namespace}").inputs
        volume = made.one(":PersistentVolume", f"claims-{namespace}-volume").inputs
        assert claim["metadata"] == {"name": "shared", "namespace": namespace}
        assert claim["spec"]["volumeName"] == volume["metadata"]["name"]
        assert volume["spec"]["claimRef"] == {"namespace": namespace, "name": "shared"}
        assert volume["spec"]["csi"]["volumeHandle"] == "fs-1"
        assert claim["spec"]["storageClassName"] == volume["spec"]["storageClassName"] == ""


def test_a_claim_is_handed_on_with_what_pods_need_of_it() -> None:
    found: list[Claim] = []
    made = claims(found=found)
    assert made.exports == {"names": {"a": "shared", "b": "shared"}}
    assert [each.mount_path for each in found] == ["/data", "/data"]
    assert [each.volume._name for each in found] == ["claims-a-volume", "claims-b-volume"]


def test_a_volumes_data_outlives_its_claim() -> None:
    for volume in claims().of_type(":PersistentVolume"):
        assert volume.inputs["spec"]["persistentVolumeReclaimPolicy"] == "Retain"


def test_a_file_system_that_grew_shows_in_its_volumes_and_resizes_no_claim() -> None:
    before, after = claims("1200Gi"), claims("2400Gi")
    for namespace in ("a", "b"):
        volume = after.one(":PersistentVolume", f"claims-{namespace}-volume").inputs
        assert volume["spec"]["capacity"] == {"storage": "2400Gi"}
        old, new = (
            each.one(":PersistentVolumeClaim", f"claims-{namespace}") for each in (before, after)
        )
        assert new.inputs == old.inputs
        assert new.inputs["spec"]["resources"] == {"requests": {"storage": "1Gi"}}
        assert list(new.options.ignoreChanges) == ["spec.resources"], (
            "a claim of an earlier release asks for its file system's capacity of then"
        )


def test_claims_go_before_the_driver_does() -> None:
    made = claims()
    driver = made.one(":Vpc", "a-driver").urn
    kinds = (":PersistentVolume", ":PersistentVolumeClaim")
    for each in (each for kind in kinds for each in made.of_type(kind)):
        assert driver in made.waits_in_the_end_for(each), f"{each.name} would outlive the driver"


def test_a_volume_on_another_file_system_replaces_the_one_of_its_name() -> None:
    for volume in claims().of_type(":PersistentVolume"):
        assert list(volume.options.replaceOnChanges) == ["spec.csi"]
        assert volume.options.deleteBeforeReplace


def test_pods_come_up_in_the_zone_of_a_volume_that_has_one() -> None:
    (term,) = in_zone("us-west-2a")["required"]["node_selector_terms"]  # type: ignore[index]
    (there,) = term["match_expressions"]
    assert there == {
        "key": "topology.kubernetes.io/zone",
        "operator": "In",
        "values": ["us-west-2a"],
    }
    assert "nodeAffinity" not in claims().one(":PersistentVolume", "claims-a-volume").inputs["spec"]


def test_claims_of_a_further_storage_have_its_name() -> None:
    made = claims(claim_name="efs")
    assert made.exports == {"names": {"a": "efs", "b": "efs"}}
    volume = made.one(":PersistentVolume", "claims-a-volume").inputs
    assert volume["metadata"]["name"] == "efs-a", "volumes have no namespace"
    assert volume["spec"]["claimRef"] == {"namespace": "a", "name": "efs"}
