"""botocore's descriptions without their documentation describe the same calls."""

import json

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from rehearsal.service_models import LeanFileLoader, without_documentation


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
    assert '"documentation": "' not in json.dumps(model)


def test_a_member_that_is_called_documentation_stays() -> None:
    members = '{"documentation": {"shape": "Text"}, "name": {"shape": "Text"}}'
    assert list(without_documentation(members.encode())) == ["documentation", "name"]


def test_a_description_that_is_nowhere_is_not_there() -> None:
    assert LeanFileLoader().load_file("/nowhere/service-2") is None
