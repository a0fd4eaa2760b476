from base64 import b64decode
from email import message_from_bytes
from typing import Any

import pytest
import yaml

from components.node_template import INSTANCE_STORE_LABEL
from tests.components.test_node_group import node_group
from tests.mocks import Deployment


@pytest.fixture(scope="module")
def made() -> Deployment:
    return node_group(instance_store=True)


@pytest.fixture(scope="module")
def template(made: Deployment) -> Any:
    return made.one(":LaunchTemplate").inputs


def test_the_nodes_are_made_by_the_newest_version_of_the_template(made: Deployment) -> None:
    nodes = made.one("eks:index:ManagedNodeGroup")
    assert nodes.inputs["launchTemplate"]["id"].startswith("lt-")
    assert nodes.inputs["launchTemplate"]["version"] == "3"
    assert made.one(":LaunchTemplate") in made.waits_for(nodes)


def test_the_size_of_the_disk_is_said_once(made: Deployment, template: Any) -> None:
    assert "diskSize" not in made.one("eks:index:ManagedNodeGroup").inputs, "EKS refuses both"
    (disk,) = template["blockDeviceMappings"]
    assert disk["deviceName"] == "/dev/xvda"
    assert disk["ebs"]["volumeSize"] == 200
    assert disk["ebs"]["encrypted"] == "true"


def test_pods_find_the_nodes_by_a_label(made: Deployment) -> None:
    labels = made.one("eks:index:ManagedNodeGroup").inputs["labels"]
    assert labels.items() >= {"workload": "gpu", **INSTANCE_STORE_LABEL}.items()


def test_credentials_of_the_node_take_a_session_and_stay_on_the_host(template: Any) -> None:
    assert template["metadataOptions"]["httpTokens"] == "required"
    assert template["metadataOptions"]["httpPutResponseHopLimit"] == 1


def test_the_template_says_nothing_that_eks_wants_to_say(template: Any) -> None:
    assert set(template) == {"blockDeviceMappings", "description", "metadataOptions", "userData"}


def test_the_user_data_is_a_part_that_eks_adds_its_own_to(template: Any) -> None:
    message = message_from_bytes(b64decode(template["userData"]))
    assert message.get_content_type() == "multipart/mixed"
    assert message.defects == []
    (part,) = message.get_payload()
    assert part.get_content_type() == "application/node.eks.aws"
    config = yaml.safe_load(part.get_payload())
    assert (config["apiVersion"], config["kind"]) == ("node.eks.aws/v1alpha1", "NodeConfig")
    assert config["spec"] == {"instance": {"localStorage": {"strategy": "RAID0"}}}
