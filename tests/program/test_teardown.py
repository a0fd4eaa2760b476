"""Everything goes before what it needs in order to go, by the graph alone."""

import pytest

from components.protection import LABEL
from tests.mocks import Deployment, Registration
from tests.program.conftest import Deploy

EARLIER_PLACES = {
    "mount-claims": "eks-ml-storage:storage:StorageMount::mount",
    "training-execution": "eks-ml-storage:training:Training::training",
    "training-controller": "eks-ml-storage:training:Training::training",
}


def controllers(stack: Deployment) -> list[Registration]:
    names = ("mount-driver-", "training-controller-")
    return [one for one in stack.of_type(":Release") if one.name.startswith(names)]


def needs(stack: Deployment, one: Registration) -> set[str]:
    return stack.waits_in_the_end_for(one)


def test_a_namespace_goes_with_all_that_is_in_it_while_driver_and_controller_run(
    stack: Deployment,
) -> None:
    for namespace in stack.of_type(":Namespace"):
        if namespace.name != "training-controller-namespace":  # the controller's own
            assert {one.urn for one in controllers(stack)} <= needs(stack, namespace)


def test_controllers_go_before_names_credentials_nodes_and_their_way_to_aws(
    stack: Deployment,
) -> None:
    kinds = (":Addon", ":ManagedNodeGroup", ":NatGateway", ":RouteTableAssociation")
    for controller in controllers(stack):
        for kind in kinds:
            assert {one.urn for one in stack.of_type(kind)} <= needs(stack, controller)


def test_what_users_made_goes_before_everything_else_in_the_cluster(stack: Deployment) -> None:
    teardown = stack.one(":Release", "teardown-release")
    kept = (":PersistentVolumeClaim", ":PersistentVolume", ":StorageClass", ":Namespace")
    outlived = [one for kind in kept for one in stack.of_type(kind)] + controllers(stack)
    assert {one.urn for one in outlived} <= needs(stack, teardown)


def test_a_destroy_begins_with_the_object_that_is_kept_while_the_stack_is_protected(
    stack: Deployment,
) -> None:
    """Pulumi's `protect` would let go what else there is; a deletion that fails ends a destroy."""
    guard = stack.one(":ConfigMap", "protection-object")
    real = {
        one.urn
        for one in stack.resources
        if one.options.custom and one.name != "begun" and ":providers:" not in one.type
    }
    assert real - needs(stack, guard) == {guard.urn}
    assert not guard.options.protect


@pytest.mark.parametrize(("name", "protected"), [("dev", "false"), ("prod", "true")])
def test_the_object_is_kept_where_the_config_says_so(
    deployed: Deploy, name: str, protected: str
) -> None:
    guard = deployed(name).one(":ConfigMap", "protection-object")
    assert guard.inputs["metadata"]["labels"] == {LABEL: protected}
    assert "data" not in guard.inputs, "a change of it replaces the object, which is refused"


@pytest.mark.parametrize(
    ("name", "driver"), [("dev", "efs.csi.aws.com"), ("prod", "fsx.csi.aws.com")]
)
def test_the_teardown_knows_the_driver_that_goes_and_brings_its_program(
    deployed: Deploy, name: str, driver: str
) -> None:
    values = deployed(name).one(":Release", "teardown-release").inputs["values"]
    assert values["drivers"] == [driver]
    assert {"__init__.py", "__main__.py"} <= set(values["files"])


def test_what_moved_in_the_tree_is_known_by_its_earlier_place(dev: Deployment) -> None:
    for name, parent in EARLIER_PLACES.items():
        (component,) = [
            one
            for one in dev.resources
            if one.name == name and one.type.startswith("eks-ml-storage:")
        ]
        (alias,) = component.aliases
        assert str(alias.parent).endswith(parent)
