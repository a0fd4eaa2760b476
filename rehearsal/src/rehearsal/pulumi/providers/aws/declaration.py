"""Declaration of a resource type, and instructions for adding one.

A type is one `Resource` in a module of `services/`, in that module's `RESOURCES` list; nothing
else has to be touched. The names of its inputs, the required ones, their nesting and its outputs
are read from the pulumi_aws SDK (see `sdk`). The declaration contains only what the SDK cannot
know:

1. Find the type's token in the SDK (`aws:kms/alias:Alias`) and its rules in the documentation
   of terraform-provider-aws: which arguments are ForceNew, which are Optional and Computed,
   defaults, timeouts, import.
2. Write `create`, which makes the resource by one call and returns its id (what has to follow
   that call goes in `configure`, so that a failure there leaves a resource the state knows);
   `read`, which returns its properties by their Pulumi names, or None when it is gone; `update`,
   which applies the changes named in `call.changed`; and `delete`. Each takes a `Call`. The
   framework handles an AWS error that means "not found", in reads and in deletes.
3. List every input that these functions use, in `replaces` or in `updates`. An input (or a
   field of a nested one) that is in neither is refused with "not emulated", so leave out what
   you don't implement. `a.b` lists one field of an object or of a list of objects, `a` all of
   them. `tags` and `region` need no listing.
4. Set the other attributes that apply: `computed`, `defaults`, `naming`, `documents`, `status`.
5. Pass `call.token` wherever AWS takes an idempotency token.
6. Add a test that takes the type through create, read, update, delete and import, as its
   neighbours in tests/pulumi/providers/aws do.

    ALIAS = Resource(
        token="aws:kms/alias:Alias",
        service="kms",
        noun="KMS Alias",
        naming=Naming("name", most=238, pattern="alias/{}"),
        replaces={"name"},
        updates={"targetKeyId"},
        create=_create_alias,
        read=_read_alias,
        update=_update_alias,
        delete=_delete_alias,
    )
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from rehearsal.pulumi.providers.aws.call import Call
from rehearsal.pulumi.providers.server import Failure

Inputs = dict[str, Any]
State = dict[str, Any]
ANOTHER, SAME = "another", "same"


@dataclass(frozen=True)
class Naming:
    """Input that gets a generated name when the program gives none.

    Attributes:
        property: Name of the input; a value of its `...Prefix` sibling, if the SDK has one, also
            leads to a generated name.
        most: Maximum length of the name, in characters.
        pattern: Format of the name, with one `{}`.
        random: True if random digits follow the resource's name.
        lower: True if the name is made lower-case.
    """

    property: str
    most: int = 255
    pattern: str = "{}"
    random: bool = True
    lower: bool = False


@dataclass(frozen=True)
class Tagging:
    """Functions that write and remove the tags of an existing resource."""

    write: Callable[[Call, dict[str, str]], None]
    remove: Callable[[Call, list[str]], None]


@dataclass(frozen=True)
class Status:
    """States of a resource that takes time to become ready.

    Attributes:
        of: Function that returns the present state.
        ready: States that end the wait after a create or an update.
        pending: States that continue the wait; any other means that the resource failed.
        reason: Function that returns the reason of a failure, in AWS's words.
    """

    of: Callable[[Call], str | None]
    ready: Set[str]
    pending: Set[str]
    reason: Callable[[Call], str] = lambda _: ""


@dataclass(frozen=True)
class Timeouts:
    """Seconds before a wait is given up, unless the program sets custom timeouts."""

    create: float = 600
    update: float = 600
    delete: float = 600


def _nothing(_: Call) -> None:
    """Do nothing more."""


def _no_failures(_: Inputs) -> Iterable[Failure]:
    return ()


def _no_more_replaces(_olds: Inputs, _news: Inputs) -> Iterable[str]:
    return ()


def _never(_: Call) -> bool:
    return False


def _same_id(call: Call) -> str:
    return call.id


@dataclass(frozen=True, kw_only=True)
class Resource:
    """One resource type; the module's docstring explains how to write it.

    Attributes:
        token: Type token of Pulumi.
        service: Name of the service in boto3, for errors.
        noun: Name of the type in errors of AWS and pulumi-aws, service first: "EC2 VPC".
        create: Creates the resource and returns its id.
        read: Returns the properties by Pulumi name (with `tags`, a plain map), or None when the
            resource is gone.
        delete: Deletes the resource; the framework waits until `read` returns None.
        configure: Makes the calls that have to follow `create`.
        update: Applies the changes in `call.changed` (tags excepted, see `tagging`). Its result is
            not used, so that it can be the function of `create` if AWS only puts the whole.
        replaces: Input paths that AWS cannot change: another value makes another resource.
        updates: Input paths changed in place, and those that only the provider uses.
        replaced: Returns more inputs that force replacement, from old and new inputs (a disk that
            may grow but not shrink).
        computed: Input paths that AWS fills when the program leaves them out, so that leaving
            them out changes nothing.
        changing: Outputs that an update may change, unknown in its preview.
        defaults: Values that pulumi-aws gives to inputs that the program leaves out.
        documents: Inputs that are JSON documents, compared by their meaning.
        ordered: List inputs whose order counts; all others are sets.
        naming: Input that is named automatically.
        tagging: Functions that change tags; None for a type without tags.
        validate: Checks pulumi-aws's rules between inputs, on checked inputs with unknowns.
        status: States to wait for; None for a resource that is ready as soon as it exists.
        timeouts: Timeouts of the waits.
        propagation: Parts of the messages about an invalid parameter after which a create is tried
            again, because AWS does not know a new role yet.
        retried: AWS error codes on which a delete is retried until its timeout.
        stays: Returns True if a delete leaves the resource in the account, because it was adopted.
        repeated: Code of AWS's error for a second creation of the same resource, or `ANOTHER` if
            AWS makes another resource, or `SAME` if it sets the same thing again; or a function
            of the inputs that returns one of these.
        setting: True for a setting of another resource: a delete resets it, so that nothing is
            seen to disappear.
        delete_before_replace: True if pulumi-aws deletes the old resource first.
        import_id: Returns the id in the state, from `call.id`, the id given to `pulumi import`; it
            may put parts of that id in `call.outputs`, where `read` finds them.
    """

    token: str
    service: str
    noun: str
    create: Callable[[Call], str]
    read: Callable[[Call], State | None]
    delete: Callable[[Call], None]
    configure: Callable[[Call], None] = _nothing
    update: Callable[[Call], object] = _nothing
    replaces: Set[str] = frozenset()
    updates: Set[str] = frozenset()
    replaced: Callable[[Inputs, Inputs], Iterable[str]] = _no_more_replaces
    computed: Set[str] = frozenset()
    changing: Set[str] = frozenset()
    defaults: Mapping[str, Any] = field(default_factory=dict)
    documents: Set[str] = frozenset()
    ordered: Set[str] = frozenset()
    naming: Naming | None = None
    tagging: Tagging | None = None
    validate: Callable[[Inputs], Iterable[Failure]] = _no_failures
    status: Status | None = None
    timeouts: Timeouts = Timeouts()
    propagation: Set[str] = frozenset()
    retried: Set[str] = frozenset()
    stays: Callable[[Call], bool] = _never
    repeated: str | Callable[[Inputs], str] = ANOTHER
    setting: bool = False
    delete_before_replace: bool = False
    import_id: Callable[[Call], str] = _same_id

    def taken_over(self, inputs: Inputs) -> str:
        """Say what AWS does with a second creation of the resource; "" if it does the same."""
        repeated = self.repetition(inputs)
        if repeated == SAME:
            return ""
        if repeated == ANOTHER:
            return f"AWS would have made another {self.noun} beside it"
        return f"AWS would have refused it with {repeated}"

    def repetition(self, inputs: Inputs) -> str:
        """Return what AWS does with a second creation: an error code, `ANOTHER` or `SAME`.

        The real provider generates another name for it, where it generates one.
        """
        if self.setting:
            return SAME
        if self.naming and self.naming.random and self.naming.property in inputs["__defaults"]:
            return ANOTHER
        return self.repeated if isinstance(self.repeated, str) else self.repeated(inputs)

    def implements(self, path: str) -> bool:
        """Return True if the input at the path (`a.b`), or something inside it, is implemented."""
        if path == "region" or (self.tagging and path.split(".", maxsplit=1)[0] == "tags"):
            return True
        listed = self.replaces | self.updates
        return any(_within(path, one) or _within(one, path) for one in listed)

    def replaces_at(self, path: str) -> bool:
        """Return True if a change at the path, or of what contains it, makes another resource."""
        return path == "region" or any(_within(path, one) for one in self.replaces)


def _within(path: str, outer: str) -> bool:
    return path == outer or path.startswith(f"{outer}.")
