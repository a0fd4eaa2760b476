"""Types of resources and their inputs, as Pulumi's packages declare them."""

from components.sdk_inputs import (
    alternatives,
    fields_of,
    inputs_of,
    is_component,
    is_list,
    items_of,
    known_types,
)
from components.tags import TAGGED_TYPES


def test_every_type_that_the_program_tags_is_known_with_its_tags() -> None:
    assert {*known_types()} >= TAGGED_TYPES
    assert [type_ for type_ in TAGGED_TYPES if "tags" not in inputs_of(type_)] == []


def test_inputs_have_the_names_that_go_to_the_engine() -> None:
    names = inputs_of("aws:ec2/launchTemplate:LaunchTemplate")
    assert {"ebsOptimized", "blockDeviceMappings", "vpcSecurityGroupIds"} <= {*names}
    assert "ebs_optimized" not in names


def test_nested_objects_lists_and_maps_are_followed() -> None:
    (spec,) = alternatives(inputs_of("kubernetes:apps/v1:Deployment")["spec"])
    (template,) = alternatives((fields_of(spec) or {})["template"])
    (pod,) = alternatives((fields_of(template) or {})["spec"])
    pod_fields = fields_of(pod) or {}
    assert {"priorityClassName", "containers"} <= {*pod_fields}
    (containers,) = alternatives(pod_fields["containers"])
    assert is_list(containers)
    (container,) = alternatives(items_of(containers))
    assert "image" in (fields_of(container) or {})
    (selector,) = alternatives(pod_fields["nodeSelector"])
    assert items_of(selector) is not None
    assert not is_list(selector)


def test_a_component_of_a_package_is_told_from_a_resource() -> None:
    assert is_component("eks:index:Cluster")
    assert is_component("kubernetes:helm.sh/v4:Chart")
    assert not is_component("kubernetes:helm.sh/v3:Release")
    assert not is_component("aws:eks/cluster:Cluster")
