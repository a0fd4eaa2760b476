"""Resources of a stack of the last release are known to this one by their former URNs.

last_release.json has types and name of every URN of the shipped stacks, as the mocks register them:
the type of a parent, a dollar sign, the type, two colons and the name.
"""

import json
from pathlib import Path

import pytest

from tests.mocks import Deployment, Registration
from tests.program.conftest import Deploy

LAST_RELEASE: dict[str, list[str]] = json.loads(
    Path(__file__).with_name("last_release.json").read_text()
)


def types(deployment: Deployment, resource: Registration) -> set[str]:
    """Return the type of a resource and its former ones."""
    former = {str(alias.type_) for alias in resource.aliases if alias.type_ is not ...}
    return {resource.type, *former}


def urns(deployment: Deployment, resource: Registration) -> set[str]:
    """Return the URN of a resource and its former ones, those of its parent's aliases included."""
    parent = deployment.parent_of(resource)
    parents = types(deployment, parent) if parent else {"pulumi:pulumi:Stack"}
    for alias in resource.aliases:
        if alias.parent is not ...:
            parents.add(str(alias.parent).split("::")[-2].rpartition("$")[2])
    return {
        f"{above}${type_}::{resource.name}"
        for above in parents
        for type_ in types(deployment, resource)
    }


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
