"""Provider for aws: Pulumi's operations on any declared type."""

# ruff: noqa: PLR0913, PLR0917, ARG002 - the arguments are those of the ResourceProvider

from __future__ import annotations

import importlib.metadata
from functools import partial
from pathlib import Path
from typing import Any

from rehearsal.pulumi.providers import taking_over
from rehearsal.pulumi.providers.aws import check, compare, errors, functions, state
from rehearsal.pulumi.providers.aws.call import Call, Clients
from rehearsal.pulumi.providers.aws.configuration import Configuration, configuration, refused
from rehearsal.pulumi.providers.aws.declaration import Inputs, State
from rehearsal.pulumi.providers.aws.identity import Creation, Creations
from rehearsal.pulumi.providers.aws.operation import Operation
from rehearsal.pulumi.providers.aws.registry import resource
from rehearsal.pulumi.providers.server import (
    Checked,
    Difference,
    Failure,
    Partial,
    ProviderError,
    ResourceProvider,
)


class AwsProvider(ResourceProvider):
    """Provider that creates, reads, updates and deletes AWS resources as pulumi-aws does."""

    name = "aws"
    version = importlib.metadata.version("pulumi-aws")

    def __init__(self, record: Path | str = ":memory:") -> None:
        """Start the provider.

        Args:
            record: File of the creations that the engine may not know of.
        """
        self._clients = Clients()
        self._instances: dict[str, Configuration] = {}
        self._creations = Creations(record, recognised=taking_over.allowed())
        self._unfinished: set[str] = set()

    def check_config(self, urn: str, olds: Inputs, news: Inputs) -> Checked:
        """Refuse the provider settings that are not emulated."""
        return Checked(news, list(refused(news)))

    def diff_config(self, urn: str, olds: Inputs, news: Inputs) -> Difference:
        """Return an update for every change, never a replacement.

        Each resource finds out by its own diff if a new Region replaces it.
        """
        difference = super().diff_config(urn, olds, news)
        return Difference(difference.changes, changed=difference.changed)

    def configure(self, instance: str, inputs: Inputs) -> None:
        """Store the Region and the default tags of a provider instance."""
        self._instances[instance] = configuration(inputs)

    def check(
        self, instance: str, urn: str, type_: str, olds: Inputs, news: Inputs, seed: bytes
    ) -> Checked:
        """Find every error in the inputs; fill in names, defaults and default tags."""
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
        """Compare the inputs, and the resource's Region with the one it would be in."""
        self._creations.seen(urn, id_)
        region = self._configuration(instance).region
        declared = resource(type_)
        olds = compare.with_computed(declared, old_inputs, old_outputs)
        if "region" in old_outputs:
            olds["region"] = old_outputs["region"]
            news = {"region": region} | news
        return compare.difference(declared, olds, news)

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
        operation = Operation("creating", declared, call)
        call.id = self._created(operation)
        self._creations.made(urn, call.token, call.id, inputs)
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
        """Return the real state, and the inputs that would produce it."""
        declared = resource(type_)
        call = self._call(instance, urn, old_inputs, declared.timeouts.create)
        call.id, call.outputs = id_, old_outputs
        call.region = old_outputs.get("region") or call.region
        operation = Operation("reading", declared, call)
        if old_outputs:
            self._creations.seen(urn, id_)
        else:
            with errors.explained(operation.title, declared.service):
                call.id = declared.import_id(call)
        found = operation.find()
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
        """Apply the changes, wait until the resource is ready, and read it."""
        declared = resource(type_)
        region = old_outputs.get("region") or self._configuration(instance).region
        if preview:
            return state.updated(declared, old_outputs, old_inputs, news, region)
        call = self._call(instance, urn, news, timeout or declared.timeouts.update)
        call.id, call.olds, call.outputs, call.region = id_, old_inputs, old_outputs, region
        olds = compare.with_computed(declared, old_inputs, old_outputs)
        call.changed = frozenset(compare.difference(declared, olds, news).changed)
        call.token = self._creations.token(urn, news)
        operation = Operation("updating", declared, call)
        operation.change()
        # An update that changes nothing continues a creation that was left unfinished.
        unfinished = not call.changed or urn in self._unfinished
        return self._settled(operation, configure=unfinished)

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
        """Delete the resource and wait until it is gone."""
        declared = resource(type_)
        call = self._call(instance, urn, inputs, timeout or declared.timeouts.delete)
        call.id, call.outputs = id_, outputs
        call.region = outputs.get("region") or call.region
        self._creations.seen(urn, id_)
        self._unfinished.discard(urn)
        Operation("deleting", declared, call).delete()

    def invoke(
        self, instance: str, token: str, args: dict[str, Any]
    ) -> tuple[dict[str, Any], list[Failure]]:
        """Call a function, which `functions` declares."""
        region = args.get("region") or self._configuration(instance).region
        warn = partial(self.log_warning, instance, "")
        return functions.call(token, Call(self._clients, region, inputs=args, warn=warn))

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
            report=partial(self.log_status, instance, urn),
            warn=partial(self.log_warning, instance, urn),
        )

    def _created(self, operation: Operation) -> str:
        """Create the resource, or take over the one that this same creation made before."""
        call = operation.call
        earlier = self._creations.begin(call.urn, call.token)
        made = self._made_before(operation, earlier)
        said = operation.resource.taken_over(call.inputs)
        if said and (made or (earlier and not earlier.id)):
            call.warn(taking_over.warning(said, certain=bool(made)))
        try:
            return made or operation.create()
        except ProviderError:
            self._creations.forget(call.urn)
            self._creations.failed(call.urn)
            raise

    def _made_before(self, operation: Operation, earlier: Creation | None) -> str:
        """Return the id of what an earlier attempt made, or "" if it is not there."""
        call = operation.call
        call.id = earlier.id if earlier else ""
        found = call.id and operation.find() is not None
        id_, call.id = call.id, ""
        return id_ if found else ""

    def _settled(self, operation: Operation, *, configure: bool) -> State:
        """Return the outputs once the resource is ready; remember it if it is left unfinished."""
        urn = operation.call.urn
        try:
            outputs = operation.settle(configure=configure)
        except Partial:
            self._unfinished.add(urn)
            raise
        self._unfinished.discard(urn)
        return outputs
