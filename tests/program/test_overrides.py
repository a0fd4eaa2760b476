"""Overrides in the stack file of the whole program."""

from collections.abc import Callable

import pytest

from components.overrides import UnmatchedOverridesError
from settings.deployed import MARKER
from tests.mocks import Deployment

Deploy = Callable[..., Deployment]
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
CONSUMER = "kubernetes:apps/v1:Deployment"


def test_an_override_changes_the_one_input_of_the_one_resource(
    deployed: Deploy, dev: Deployment
) -> None:
    pod = {"priorityClassName": "high"}
    overrides = [
        {"type": TEMPLATE, "name": "nodes-cpu-template", "inputs": {"ebsOptimized": "true"}},
        {
            "type": CONSUMER,
            "name": "training-on-new-data-deployment",
            "inputs": {"spec": {"template": {"spec": pod}}},
        },
    ]
    after = deployed("dev", {"overrides": overrides})
    before = {each.urn: each.inputs for each in dev.resources}
    changed = {each.name: each for each in after.resources if before.get(each.urn) != each.inputs}
    del changed[MARKER]  # each first update has its own
    assert {*changed} == {"nodes-cpu-template", "training-on-new-data-deployment"}
    template = changed["nodes-cpu-template"]
    assert template.inputs == {**before[template.urn], "ebsOptimized": "true"}
    consumer = changed["training-on-new-data-deployment"]
    spec, was = (one["spec"]["template"]["spec"] for one in (consumer.inputs, before[consumer.urn]))
    assert spec == {**was, **pod}


def test_an_override_that_fits_no_resource_of_the_stack_is_an_error(deployed: Deploy) -> None:
    entry = {"type": TEMPLATE, "name": "nodes-gpu-template", "inputs": {"ebsOptimized": "true"}}
    with pytest.raises(UnmatchedOverridesError, match="nodes-cpu-template") as caught:
        deployed("dev", {"overrides": [entry]})
    assert "overrides[0]" in str(caught.value)
