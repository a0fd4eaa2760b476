"""The aws provider: Pulumi's operations on any declared type."""

# ruff: noqa: PLR0913, PLR0917, ARG002 - the arguments are those of the ResourceProvider

from __future__ import annotations

import importlib.metadata
import time
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.providers.aws import check, compare, errors, functions, state
from rehearsal.providers.aws.call import Call, Clients, duration
from rehearsal.providers.aws.configuration import Configuration, configuration, refused
from rehearsal.providers.aws.declaration import Inputs, Resource, State
from rehearsal.providers.aws.identity import Creations
from rehearsal.providers.aws.registry import resource
from rehearsal.providers.edge import (
    Checked,
    Difference,
    Failure,
    Partial,
    ProviderError,
    ResourceProvider,
)


@dataclass(frozen=True)
class _Operation:
    """One call of the engine: what is done, to what type, with what."""

    doing: str
    resource: Resource
    call: Call

    @property
    def title(self) -> str:
        """For errors: creating EC2 VPC, deleting EC2 VPC (vpc-1)."""
        id_ = f" ({self.call.id})" if self.call.id else ""
        return f"{self.doing} {self.resource.noun}{id_}"


class AwsProvider(ResourceProvider):
    """Creates, reads, updates and deletes AWS resources as pulumi-aws does."""

    name = "aws"
    version = importlib.metadata.version("pulumi-aws")

    def __init__(self) -> None:
        self._clients = Clients()
        self._instances: dict[str, Configuration] = {}
        self._creations = Creations()

    def check_config(self, urn: str, olds: Inputs, news: Inputs) -> Checked:
        """Refuse what of the provider's configuration is not emulated."""
        return Checked(news, list(refused(news)))

    def diff_config(self, urn: str, olds: Inputs, news: Inputs) -> Difference:
        """An update always: resources see for themselves whether a new region replaces them."""
        difference = super().diff_config(urn, olds, news)
        return Difference(difference.changes, changed=difference.changed)

    def configure(self, instance: str, inputs: Inputs) -> None:
        """Take the region and the default tags."""
        self._instances[instance] = configuration(inputs)

    def check(
        self, instance: str, urn: str, type_: str, olds: Inputs, news: Inputs, seed: bytes
    ) -> Checked:
        """Find every fault in the inputs; fill in names, defaults and default tags."""
        tags = self._configuration(instance).default_tags
        olds = olds or dict(self._creations.inputs(urn))
        return check.checked(resource(type_), urn, olds, news, seed, tags)

    def diff(
        self,
        instance: str,
        urn: str,
        type_: str,
        id_: str,
        old_inputs: Inputs,
        old_outputs: State,
        news: Inputs,
        ignore_changes: list[str],
    ) -> Difference:
        """Compare inputs, and the region that the resource is in with that it would be in."""
        self._creations.seen(urn, id_)
        region = self._configuration(instance).region
        olds = dict(old_inputs)
        if "region" in old_outputs:
            olds["region"] = old_outputs["region"]
            news = {"region": region} | news
        return compare.difference(resource(type_), olds, news)

    def create(
        self,
        instance: str,
        urn: str,
        type_: str,
        inputs: Inputs,
        timeout: float,
        preview: bool,
    ) -> tuple[str, State]:
        """Create the resource, wait until it is ready, and read it."""
        declared = resource(type_)
        if preview:
            region = self._configuration(instance).region
            return "", state.planned(declared, inputs, region)
        call = self._call(instance, urn, inputs, timeout or declared.timeouts.create)
        call.token = self._creations.token(urn, inputs)
        operation = _Operation("creating", declared, call)
        call.id = self._created(operation)
        return call.id, self._settled(operation, configure=True)

    def read(
        self,
        instance: str,
        urn: str,
        type_: str,
        id_: str,
        old_inputs: Inputs,
        old_outputs: State,
    ) -> tuple[str | None, Inputs, State]:
        """The real state, and the inputs that would give it."""
        declared = resource(type_)
        call = self._call(instance, urn, old_inputs, declared.timeouts.create)
        call.id, call.outputs = id_, old_outputs
        call.region = old_outputs.get("region") or call.region
        operation = _Operation("reading", declared, call)
        if not old_outputs:
            with errors.told(operation.title, declared.service):
                call.id = declared.import_id(call)
        else:
            self._creations.seen(urn, id_)
        found = self._found(operation)
        if found is None:
            return None, {}, {}
        outputs = state.outputs(declared, old_inputs, found, call.region)
        return call.id, state.inputs(declared, outputs, old_inputs), outputs

    def update(
        self,
        instance: str,
        urn: str,
        type_: str,
        id_: str,
        old_inputs: Inputs,
        old_outputs: State,
        news: Inputs,
        timeout: float,
        preview: bool,
    ) -> State:
        """Change what differs, wait until the resource is ready, and read it."""
        declared = resource(type_)
        region = old_outputs.get("region") or self._configuration(instance).region
        if preview:
            return state.updated(declared, old_outputs, old_inputs, news, region)
        call = self._call(instance, urn, news, timeout or declared.timeouts.update)
        call.id, call.olds, call.outputs, call.region = id_, old_inputs, old_outputs, region
        call.changed = frozenset(compare.difference(declared, old_inputs, news).changed)
        call.token = self._creations.token(urn, news)
        operation = _Operation("updating", declared, call)
        with errors.told(operation.title, declared.service):
            self._change(operation)
        # An update that changes nothing goes on with a creation that was left half done.
        return self._settled(operation, configure=not call.changed)

    def delete(
        self,
        instance: str,
        urn: str,
        type_: str,
        id_: str,
        inputs: Inputs,
        outputs: State,
        timeout: float,
    ) -> None:
        """Delete the resource, again while others still use it, and wait until it is gone."""
        declared = resource(type_)
        call = self._call(instance, urn, inputs, timeout or declared.timeouts.delete)
        call.id, call.outputs = id_, outputs
        call.region = outputs.get("region") or call.region
        self._creations.seen(urn, id_)
        operation = _Operation("deleting", declared, call)
        if declared.stays(call):
            return
        with errors.told(operation.title, declared.service):
            call.wait(lambda: self._deleted(operation), operation.title)
            if not declared.setting:
                call.wait(lambda: self._found(operation) is None, operation.title)

    def invoke(
        self, instance: str, token: str, args: dict[str, Any]
    ) -> tuple[dict[str, Any], list[Failure]]:
        """Call a function; `functions` has them."""
        region = args.get("region") or self._configuration(instance).region
        return functions.call(token, Call(self._clients, region, inputs=args))

    def _configuration(self, instance: str) -> Configuration:
        if instance not in self._instances:
            raise ProviderError("the aws provider was asked for something before it was configured")
        return self._instances[instance]

    def _call(self, instance: str, urn: str, inputs: Inputs, timeout: float) -> Call:
        region = inputs.get("region") or self._configuration(instance).region
        return Call(
            self._clients,
            region,
            urn=urn,
            inputs=inputs,
            timeout=timeout,
            report=lambda message: self.log_status(instance, urn, message),
        )

    def _created(self, operation: _Operation) -> str:
        """The id of the new resource, or of the one that an engine now dead had made."""
        declared, call = operation.resource, operation.call
        call.id = self._creations.unclaimed(call.urn, call.token) or ""
        if call.id and self._found(operation) is not None:
            return call.id
        call.id = ""
        with errors.told(operation.title, declared.service):
            id_ = declared.create(call)
        self._creations.made(call.urn, call.token, id_, call.inputs)
        return id_

    def _change(self, operation: _Operation) -> None:
        declared, call = operation.resource, operation.call
        if declared.tagging is not None and "tags" in call.changed:
            old, new = call.olds.get("tags") or {}, call.inputs.get("tags") or {}
            if gone := sorted(old.keys() - new.keys()):
                declared.tagging.remove(call, gone)
            if changed := {k: v for k, v in new.items() if old.get(k) != v}:
                declared.tagging.write(call, changed)
        if call.changed - {"tags"}:
            declared.update(call)

    def _settled(self, operation: _Operation, *, configure: bool) -> State:
        """The outputs of a resource that exists, once it is ready.

        Raises:
            Partial: it did not get ready, or AWS refused what completes it.
        """
        declared, call = operation.resource, operation.call
        try:
            with errors.told(operation.title, declared.service):
                self._wait_ready(operation)
                if configure:
                    declared.configure(call)
                    self._wait_ready(operation)
            return self._outputs(operation)
        except ProviderError as error:
            raise Partial(call.id, self._last_outputs(operation), [str(error)]) from error

    def _outputs(self, operation: _Operation) -> State:
        found = self._found(operation)
        if found is None:
            raise ProviderError(f"{operation.title}: couldn't find the resource afterwards")
        call = operation.call
        return state.outputs(operation.resource, call.inputs, found, call.region)

    def _last_outputs(self, operation: _Operation) -> State:
        """What can be told of a resource that failed, so that the state knows it all the same."""
        try:
            return self._outputs(operation)
        except ProviderError:
            return operation.call.outputs or dict(operation.call.inputs)

    def _found(self, operation: _Operation) -> State | None:
        with errors.told(
            f"reading {operation.resource.noun} ({operation.call.id})", operation.resource.service
        ):
            try:
                return operation.resource.read(operation.call)
            except ClientError as error:
                if errors.is_missing(error):
                    return None
                raise

    def _wait_ready(self, operation: _Operation) -> None:
        status, call = operation.resource.status, operation.call
        if status is None:
            return

        def ready() -> bool:
            word = status.of(call) or "missing"
            if word in status.ready:
                return True
            if word not in status.pending:
                reason = status.reason(call)
                raise ProviderError(
                    f"{operation.title}: unexpected state '{word}', wanted target "
                    f"'{', '.join(sorted(status.ready))}'" + (f": {reason}" if reason else "")
                )
            call.report(f"{operation.resource.noun}: {word}")
            return False

        call.wait(ready, f"{operation.title}: waiting for it to be ready")

    def _deleted(self, operation: _Operation) -> bool:
        """Whether the delete call went through; False when it is worth another try."""
        try:
            operation.resource.delete(operation.call)
        except ClientError as error:
            call = operation.call
            if errors.is_missing(error) and self._found(operation) is None:
                return True
            late = time.monotonic() - call.started > call.timeout
            if errors.code(error) not in operation.resource.retried or late:
                raise
            call.report(f"waiting for what depends on it ({duration(call.timeout)} at most)")
            return False
        return True
