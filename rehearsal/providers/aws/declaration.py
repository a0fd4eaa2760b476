"""How a resource type is declared, and how to add one.

A type is one `Resource` in a module of `services/`, in that module's `RESOURCES` list; nothing
else has to be touched. What its inputs are called, which are required, how they nest and what
its outputs are is read from the pulumi_aws SDK (see `sdk`). The declaration says only what the
SDK cannot know:

1. Find the type's token in the SDK (`aws:kms/alias:Alias`) and its rules in the documentation
   of terraform-provider-aws: which arguments are ForceNew, which are Optional and Computed,
   defaults, timeouts, import.
2. Write `create`, which makes the resource by one call and returns its id (what has to follow
   that call goes in `configure`, so that a failure there leaves a resource the state knows);
   `read`, which answers its properties by their Pulumi names, or None when it is gone; `update`,
   which changes what `call.changed` names; and `delete`. Each takes a `Call`. An AWS error that
   means "not found" is understood by the framework, in reads and in deletes.
3. List every input that these functions honour, in `replaces` or in `updates`. An input (or a
   field of a nested one) that is in neither is refused with "not emulated", so leave out what
   you don't implement. `a.b` lists one field of an object or of a list of objects, `a` all of
   them. `tags` and `region` need no listing.
4. Say what else is so: `computed`, `defaults`, `naming`, `documents`, `status`.
5. Pass `call.token` wherever AWS takes an idempotency token.
6. Add a test that takes the type through create, read, update, delete and import, as its
   neighbours in tests/providers/aws do.

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

from rehearsal.providers.aws.call import Call
from rehearsal.providers.edge import Failure

Inputs = dict[str, Any]
State = dict[str, Any]


@dataclass(frozen=True)
class Naming:
    """The input that gets a name of the provider's making when the program gives none.

    Attributes:
        property: the input; its `...Prefix` sibling, where the SDK has one, makes the name too.
        most: the longest name, in characters.
        pattern: what the name is put into, with one `{}`.
        random: whether random digits follow the resource's name.
        lower: whether the name is made lower-case.
    """

    property: str
    most: int = 255
    pattern: str = "{}"
    random: bool = True
    lower: bool = False


@dataclass(frozen=True)
class Tagging:
    """How tags of an existing resource are written and removed."""

    write: Callable[[Call, dict[str, str]], None]
    remove: Callable[[Call, list[str]], None]


@dataclass(frozen=True)
class Status:
    """A resource that takes time: what it says of itself, and which words mean what.

    Attributes:
        of: the resource's present word.
        ready: words that end the wait after a create or an update.
        pending: words that keep it waiting; any other means that it failed.
        reason: why it failed, in AWS's words.
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
    """One resource type; the module's docstring says how to write it.

    Attributes:
        token: Pulumi's type token.
        service: boto3's name of the service, for errors.
        noun: what AWS and pulumi-aws call it in errors, service first: "EC2 VPC".
        create: makes it; the id.
        read: its properties by Pulumi name (with `tags`, a plain map); None when it is gone.
        delete: deletes it; the framework waits until `read` answers None.
        configure: what follows the create call before the resource is as declared.
        update: changes what `call.changed` names (tags excepted, see `tagging`). What it answers
            is not used, so that where AWS only puts the whole, it can be the function of create.
        replaces: input paths that AWS can't change: another value makes another resource.
        updates: input paths changed in place, and those that only the provider uses.
        replaced: more inputs that force replacement, of old and new inputs (a disk that may
            grow but not shrink).
        computed: input paths that AWS fills when the program leaves them out, so that leaving
            them out changes nothing.
        changing: outputs that an update may change, unknown in its preview.
        defaults: values pulumi-aws gives to inputs that the program leaves out.
        documents: inputs that are JSON documents, compared by their meaning.
        ordered: list inputs whose order counts; all others are sets.
        naming: the input that is named automatically.
        tagging: how tags change; None for a type without tags.
        validate: pulumi-aws's rules between inputs, on checked inputs that may hold unknowns.
        status: how to wait for it; None when it is ready as soon as it exists.
        timeouts: of the waits.
        retried: AWS error codes on which a delete is tried again until its timeout.
        stays: whether deleting leaves it in the account, as it does what was only adopted.
        setting: whether it is a setting of another resource, which a delete sets back, so that
            there is nothing to see gone.
        delete_before_replace: whether pulumi-aws deletes the old one first.
        import_id: the id in the state, of the id given to `pulumi import` in `call.id`; it may
            put parts of that id in `call.outputs`, where `read` finds them.
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
    retried: Set[str] = frozenset()
    stays: Callable[[Call], bool] = _never
    setting: bool = False
    delete_before_replace: bool = False
    import_id: Callable[[Call], str] = _same_id

    def implements(self, path: str) -> bool:
        """Whether the input at the path (`a.b`) is honoured, or something inside it is."""
        if path == "region" or (self.tagging and path.split(".", maxsplit=1)[0] == "tags"):
            return True
        listed = self.replaces | self.updates
        return any(_within(path, one) or _within(one, path) for one in listed)

    def replaces_at(self, path: str) -> bool:
        """Whether a change at the path, or of what contains it, makes another resource."""
        return path == "region" or any(_within(path, one) for one in self.replaces)


def _within(path: str, outer: str) -> bool:
    return path == outer or path.startswith(f"{outer}.")
