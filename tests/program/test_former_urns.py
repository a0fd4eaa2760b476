"""Resources of a stack of the last release are known to this one by their former URNs.

last_release.json has types and name of every URN of the shipped stacks, as the mocks register them:
the type of a parent, a dollar sign, the type, two colons and the name.
"""

import json
from pathlib import Path
from typing import NamedTuple

import pulumi
import pytest

from tests.mocks import Deployment, Registration
from tests.program.conftest import Deploy

STACK = "pulumi:pulumi:Stack"
LAST_RELEASE: dict[str, list[str]] = json.loads(
    Path(__file__).with_name("last_release.json").read_text()
)


class Identity(NamedTuple):
    """The part of a URN that this file has of it."""

    parent_type: str
    type: str
    name: str


def identities(deployment: Deployment, resource: Registration) -> set[Identity]:
    """Return what a resource is and was: its own aliases, under each that its parent was.

    As the engine does, a child whose name begins with its parent's gets the parent's former name
    there. Source: `inheritedChildAlias` in pulumi's pkg/resource/deploy/step_generator.go.
    """
    parent = deployment.parent_of(resource)
    above = identities(deployment, parent) if parent else {Identity("", STACK, "")}
    found = set()
    for alias in (pulumi.Alias(), *resource.aliases):
        type_ = resource.type if alias.type_ is ... else str(alias.type_)
        name = resource.name if alias.name is ... else str(alias.name)
        if alias.parent is not ...:
            former = str(alias.parent).split("::")[-2].rpartition("$")[2]
            found.add(Identity(former, type_, name))
            continue
        for one in above:
            renamed = parent is not None and name.startswith(parent.name)
            inherited = one.name + name.removeprefix(parent.name) if parent and renamed else name
            found.add(Identity(one.type, type_, inherited))
    return found


def urns(deployment: Deployment, resource: Registration) -> set[str]:
    """Return the URN of a resource and its former ones, those of its parent's aliases included."""
    return {f"{one.parent_type}${one.type}::{one.name}" for one in identities(deployment, resource)}


@pytest.mark.parametrize("stack", LAST_RELEASE)
def test_an_update_of_a_stack_of_the_last_release_deletes_nothing(
    stack: str, deployed: Deploy
) -> None:
    made = deployed(stack)
    known = {urn for resource in made.resources for urn in urns(made, resource)}
    assert [urn for urn in LAST_RELEASE[stack] if urn not in known] == []


@pytest.mark.parametrize("stack", LAST_RELEASE)
def test_no_two_resources_claim_one_former_urn(stack: str, deployed: Deploy) -> None:
    made = deployed(stack)
    own = {next(iter(urns(made, one))) for one in made.resources if not one.aliases}
    claimed: dict[str, str] = {}
    for resource in made.resources:
        for urn in urns(made, resource) & {*LAST_RELEASE[stack]}:
            assert claimed.setdefault(urn, resource.urn) == resource.urn, urn
    assert own
