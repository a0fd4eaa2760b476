"""botocore's descriptions without their documentation describe the same calls."""

import json
from typing import Any

import botocore.session
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from rehearsal.clients.service_models import LeanFileLoader, without_documentation

CALLS = {
    "ec2": "describe_vpcs",
    "efs": "describe_file_systems",
    "eks": "list_clusters",
    "fsx": "describe_file_systems",
    "iam": "list_roles",
    "kms": "list_keys",
    "logs": "describe_log_groups",
    "s3": "list_buckets",
    "sagemaker": "list_training_jobs",
    "sqs": "list_queues",
    "sts": "get_caller_identity",
}
"""A call of each service that a process of the rehearsal speaks to."""


@pytest.mark.parametrize("service", ["ec2", "fsx", "s3"])
def test_every_operation_takes_and_gives_the_same_members(service: str) -> None:
    full, lean = (
        ServiceModel(loader.load_service_model(service, "service-2"))
        for loader in (Loader(), Loader(file_loader=LeanFileLoader()))
    )
    assert full.operation_names == lean.operation_names
    assert full.shape_names == lean.shape_names
    for name in full.shape_names:
        one, other = full.shape_for(name), lean.shape_for(name)
        assert one.metadata == other.metadata
        assert list(getattr(one, "members", {})) == list(getattr(other, "members", {}))


def bare(node: Any) -> Any:
    """A description whose texts named `documentation` are empty."""
    if isinstance(node, dict):
        return {
            name: "" if name == "documentation" and isinstance(value, str) else bare(value)
            for name, value in node.items()
        }
    return [bare(one) for one in node] if isinstance(node, list) else node


@pytest.mark.parametrize("service", CALLS)
def test_a_description_says_all_else_with_what_botocore_adds_to_it(service: str) -> None:
    lean = Loader(file_loader=LeanFileLoader()).load_service_model(service, "service-2")
    assert lean == bare(Loader().load_service_model(service, "service-2"))


def test_no_text_of_documentation_is_kept() -> None:
    model = Loader(file_loader=LeanFileLoader()).load_service_model("fsx", "service-2")
    text = json.dumps(model)
    assert text.count('"documentation": ""') == text.count('"documentation": "') > 0


@pytest.mark.parametrize("service", CALLS)
def test_a_client_makes_its_requests_from_such_a_description(service: str) -> None:
    session = botocore.session.Session()
    session.register_component("data_loader", Loader(file_loader=LeanFileLoader()))
    keys = {"aws_access_key_id": "one", "aws_secret_access_key": "two"}
    address = "http://127.0.0.1:1"
    client = session.create_client(service, region_name="us-west-2", endpoint_url=address, **keys)
    assert client.generate_presigned_url(CALLS[service]).startswith(address)


def test_a_member_that_is_called_documentation_stays() -> None:
    members = '{"documentation": {"shape": "Text"}, "name": {"shape": "Text"}}'
    assert list(without_documentation(members.encode())) == ["documentation", "name"]


def test_a_reference_to_a_shape_that_is_made_twice_is_kept_once() -> None:
    members = without_documentation(b'{"one": {"shape": "Text"}, "other": {"shape": "Text"}}')
    assert members["one"] is members["other"]


def test_what_botocore_adds_to_a_shape_is_added_to_no_other() -> None:
    shapes = without_documentation(b'{"one": {"type": "string"}, "other": {"type": "string"}}')
    assert shapes["one"] is not shapes["other"]


@pytest.mark.parametrize("service", CALLS)
def test_a_client_changes_nothing_in_a_description(service: str) -> None:
    loader = Loader(file_loader=LeanFileLoader())
    session = botocore.session.Session()
    session.register_component("data_loader", loader)
    keys = {"aws_access_key_id": "one", "aws_secret_access_key": "two"}
    client = session.create_client(service, region_name="us-west-2", **keys)
    used = loader.load_service_model(service, "service-2")
    for name in client.meta.service_model.operation_names:
        operation = client.meta.service_model.operation_model(name)
        for shape in filter(None, (operation.input_shape, operation.output_shape)):
            assert all(one.name for one in shape.members.values())
    client.generate_presigned_url(CALLS[service])
    unused = Loader(file_loader=LeanFileLoader()).load_service_model(service, "service-2")
    assert json.dumps(used) == json.dumps(unused)


def test_a_description_that_is_nowhere_is_not_there() -> None:
    assert LeanFileLoader().load_file("/nowhere/service-2") is None
