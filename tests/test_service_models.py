"""botocore's descriptions without their documentation describe the same calls."""

import json

import botocore.session
import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from rehearsal.service_models import LeanFileLoader, without_documentation

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


def test_a_description_that_is_nowhere_is_not_there() -> None:
    assert LeanFileLoader().load_file("/nowhere/service-2") is None
