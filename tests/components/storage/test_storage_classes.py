import pulumi
import pulumi_aws as aws

from components.storage.base import StorageClassSettings
from components.storage.storage_classes import StorageClasses
from tests.mocks import Deployment, deploy


def classes() -> Deployment:
    def program() -> None:
        driver = aws.ec2.Vpc("a-driver")
        settings = StorageClassSettings(
            name="fsx-lustre",
            provisioner="fsx.csi.aws.com",
            parameters={"subnetId": "subnet-1"},
            mount_options=["flock"],
        )
        made = StorageClasses(
            "classes", {"classes": [settings]}, pulumi.ResourceOptions(depends_on=[driver])
        )
        pulumi.export("names", made.names)

    return deploy(program)


def test_the_class_makes_storage_when_a_claim_asks() -> None:
    made = classes()
    inputs = made.one(":StorageClass", "classes-fsx-lustre").inputs
    assert made.exports == {"names": {"fsx-lustre": "fsx-lustre"}}
    assert inputs["metadata"] == {"name": "fsx-lustre"}
    assert inputs["volumeBindingMode"] == "Immediate", "else pulumi would wait for a pod"
    assert inputs["reclaimPolicy"] == "Delete"


def test_a_class_goes_before_its_driver_and_before_another_of_its_name_comes() -> None:
    made = classes()
    one = made.one(":StorageClass")
    assert made.one(":Vpc", "a-driver").urn in made.waits_in_the_end_for(one)
    assert one.options.deleteBeforeReplace, "Kubernetes changes no class, and has one of a name"
