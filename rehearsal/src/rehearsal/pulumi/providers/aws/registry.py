"""Every declared resource type, by its token."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from rehearsal.pulumi.providers.aws import sdk, services
from rehearsal.pulumi.providers.aws.declaration import Resource
from rehearsal.pulumi.providers.server import ProviderError


@cache
def resources() -> dict[str, Resource]:
    """Return the declarations of all modules of `services`."""
    found: dict[str, Resource] = {}
    for module in pkgutil.iter_modules(services.__path__, f"{services.__name__}."):
        for resource in importlib.import_module(module.name).RESOURCES:
            assert resource.token not in found, f"{resource.token} is declared twice"
            found[resource.token] = resource
    return found


def resource(token: str) -> Resource:
    """Return the declaration of a type.

    Raises:
        ProviderError: The type is not declared, or pulumi-aws itself has no such type.
    """
    if token in resources():
        return resources()[token]
    if sdk.shape(token) is None:
        raise ProviderError(f"{token}: pulumi-aws has no such resource type")
    raise ProviderError(
        f"{token}: not emulated; the rehearsal's aws provider has no declaration of this type. "
        "rehearsal/pulumi/providers/aws/declaration.py says how to add one"
    )
