"""Inputs of resources that the stack file sets by type and logical name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import pulumi
from pulumi.output import Unknown
from pulumi.runtime.rpc import is_rpc_secret, unwrap_rpc_secret

from components.overrides_spec import OverrideSpec

SIMILARITY = 0.6
MAX_NAMES = 10
"""Names that an error lists where none is like the one in the stack file."""


class UnmatchedOverridesError(pulumi.RunError):
    """Overrides of resources that the program does not have. The engine prints no traceback."""


class Overrides:
    """Overrides of a stack, and the names of the resources that were registered so far."""

    def __init__(self, overrides: Sequence[OverrideSpec], *, secret: bool = False) -> None:
        """Take the overrides.

        Args:
            overrides: Inputs to set, by type and logical name.
            secret: True if the stack file encrypts them; the state then does so too.
        """
        self._overrides = tuple(overrides)
        self._secret = secret
        self._names: dict[str, set[str]] = {}

    def transform(
        self, args: pulumi.ResourceTransformArgs
    ) -> pulumi.ResourceTransformResult | None:
        """Give a resource the inputs that are set for it, and log their names."""
        self._names.setdefault(args.type_, set()).add(args.name)
        found = [one for one in self._overrides if (one.type, one.name) == (args.type_, args.name)]
        if not found:
            return None
        paths = [".".join(path) for one in found for path in one.paths]
        pulumi.log.info(f"overrides: {args.type_} {args.name}: {', '.join(paths)}")
        props: Any = args.props
        for one in found:
            props = merge_inputs(props, one.inputs, secret=self._secret)
        return pulumi.ResourceTransformResult(props=props, opts=args.opts)

    def require_matches(self, created: Iterable[pulumi.Resource]) -> pulumi.Output[None]:
        """Fail the update if an override matches no resource when all are registered.

        Pulumi deletes what is no longer in a program at the end of it, and not at all when it
        fails. A component of another package is registered after the resources in it.

        Args:
            created: Every resource that the program itself creates.

        Raises:
            UnmatchedOverridesError: Raised by the output, in a preview too.
        """
        return pulumi.Output.all(*[one.urn for one in created]).apply(self._check)

    def _check(self, _: Any) -> None:
        if error := unmatched(self._overrides, self._names):
            raise UnmatchedOverridesError(error)


def override_inputs(overrides: Sequence[OverrideSpec], *, secret: bool) -> Overrides:
    """Apply overrides to every resource registered later, also in components of other packages.

    Transforms run in the order of their registration: an override comes after the tags.
    """
    applied = Overrides(overrides, secret=secret)
    if overrides:
        pulumi.runtime.register_resource_transform(applied.transform)
    return applied


def merge_inputs(given: Any, chosen: Any, *, secret: bool = False) -> Any:
    """Merge a value over another: maps key by key; anything else is replaced.

    A value that is an output stays one, with its dependencies, and a secret stays a secret.

    Args:
        given: Value from the program, or None.
        chosen: Value from the stack file; None in a map removes the key.
        secret: True if the value from the stack file is a secret.
    """
    if is_rpc_secret(given):
        # The SDK's form for a secret that has been through another transform, as that of the tags.
        given = pulumi.Output.secret(unwrap_rpc_secret(given))
    if not isinstance(chosen, Mapping):
        return _replace_value(given, chosen, secret=secret)
    if isinstance(given, Unknown):
        return given
    if isinstance(given, pulumi.Output):
        laid_over = given.apply(lambda known: merge_inputs(known, chosen))
        return pulumi.Output.secret(laid_over) if secret else laid_over
    kept: dict[str, Any] = dict(given) if isinstance(given, Mapping) else {}
    for name, value in chosen.items():
        if value is None:
            kept.pop(name, None)
        else:
            kept[name] = merge_inputs(kept.get(name), value, secret=secret)
    return kept


def unmatched(overrides: Sequence[OverrideSpec], names: Mapping[str, set[str]]) -> str | None:
    """Return a report of the overrides that match no resource; None if there are none.

    Args:
        overrides: The overrides, in the order of the stack file.
        names: Logical names of the program's resources by their types.
    """
    entries = [
        (number, one, names.get(one.type, set()))
        for number, one in enumerate(overrides)
        if one.name not in names.get(one.type, set())
    ]
    if not entries:
        return None
    count = "1 override fits" if len(entries) == 1 else f"{len(entries)} overrides fit"
    head = f"{count} no resource of the stack. What the stack no longer has was not deleted."
    return "\n\n".join(
        [
            head,
            *(
                f"{n}. overrides[{number}]\n"
                f"     rule:   must name a resource of the stack by its type and logical name\n"
                f"     got:    {one.type} {one.name}\n"
                f"     remedy: {_remedy(one, known, names)}"
                for n, (number, one, known) in enumerate(entries, start=1)
            ),
            "",
        ]
    )


def _remedy(override: OverrideSpec, known: set[str], names: Mapping[str, set[str]]) -> str:
    if not known:
        types = get_close_matches(override.type, names, n=1, cutoff=SIMILARITY)
        like = f"; did you mean {types[0]}?" if types else ", or remove the entry"
        return f"the stack has no resource of this type{like}"
    close = get_close_matches(override.name, known, n=3, cutoff=SIMILARITY)
    if close:
        return f"did you mean {' or '.join(close)}?"
    listed = sorted(known)[:MAX_NAMES]
    more = f" and {len(known) - MAX_NAMES} more" if len(known) > MAX_NAMES else ""
    return f"of this type there are {', '.join(listed)}{more}"


def _replace_value(given: Any, chosen: Any, *, secret: bool) -> Any:
    """Return a known value, with the dependencies and the secrecy of an output that it replaces."""
    if not isinstance(given, pulumi.Output):
        return pulumi.Output.secret(chosen) if secret else chosen

    async def value() -> Any:
        return chosen

    async def known() -> bool:
        return True

    async def is_secret() -> bool:
        return secret or await given.is_secret()

    return pulumi.Output(given.resources(), value(), known(), is_secret())
