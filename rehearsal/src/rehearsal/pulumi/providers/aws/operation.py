"""One operation on one resource: a declaration's functions, with the waits around them."""

from __future__ import annotations

import time
from dataclasses import dataclass

from botocore.exceptions import ClientError

from rehearsal.pulumi.providers.aws import errors, state
from rehearsal.pulumi.providers.aws.call import Call, duration
from rehearsal.pulumi.providers.aws.declaration import Resource, State
from rehearsal.pulumi.providers.server import Partial, ProviderError, pause

PROPAGATION_SECONDS = 120.0
"""Seconds for which a creation is tried again while AWS does not know a new role.

Source: terraform-provider-aws, propagationTimeout of EKS and IAM.
"""
PROPAGATION_PAUSE_SECONDS = 1.0
REMEDY = (
    ". It failed when it was created, and an update does not mend it: replace it with "
    "`up --replace URN`"
)
"""Addition of the rehearsal. The real provider takes the failed resource for finished then."""


@dataclass(frozen=True)
class Operation:
    """Operation on a resource: its verb ("creating"), the type of the resource and the call."""

    doing: str
    resource: Resource
    call: Call

    @property
    def title(self) -> str:
        """Title for errors, such as: creating EC2 VPC, deleting EC2 VPC (vpc-1)."""
        id_ = f" ({self.call.id})" if self.call.id else ""
        return f"{self.doing} {self.resource.noun}{id_}"

    def create(self) -> str:
        """Create the resource and return its id."""
        with errors.explained(self.title, self.resource.service):
            return self._created()

    def _created(self) -> str:
        """Create the resource, again while AWS does not know a role that it names."""
        ends = time.monotonic() + min(self.call.timeout, PROPAGATION_SECONDS)
        while True:
            try:
                return self.resource.create(self.call)
            except ClientError as error:
                if not errors.says(error, self.resource.propagation) or time.monotonic() > ends:
                    raise
            self.call.report("waiting for IAM: AWS does not know the role yet")
            pause(PROPAGATION_PAUSE_SECONDS)

    def find(self) -> State | None:
        """Return the resource's real properties, or None if it no longer exists in AWS."""
        title = f"reading {self.resource.noun} ({self.call.id})"
        with errors.explained(title, self.resource.service):
            try:
                return self.resource.read(self.call)
            except ClientError as error:
                if errors.is_missing(error):
                    return None
                raise

    def change(self) -> None:
        """Change in place the inputs named in `call.changed`."""
        with errors.explained(self.title, self.resource.service):
            if "tags" in self.call.changed:
                self._change_tags()
            if self.call.changed - {"tags"}:
                self.resource.update(self.call)

    def _change_tags(self) -> None:
        tagging, call = self.resource.tagging, self.call
        assert tagging is not None, f"{self.resource.token} has no tags, and `check` let some pass"
        old, new = call.olds.get("tags") or {}, call.inputs.get("tags") or {}
        if gone := sorted(old.keys() - new.keys()):
            tagging.remove(call, gone)
        if changed := {key: value for key, value in new.items() if old.get(key) != value}:
            tagging.write(call, changed)

    def settle(self, *, configure: bool) -> State:
        """Wait until the resource is ready, configure it if asked, and return its outputs.

        Raises:
            Partial: The resource did not become ready, or AWS refused its configuration.
        """
        try:
            with errors.explained(self.title, self.resource.service):
                self._wait_ready()
                if configure:
                    self.resource.configure(self.call)
                    self._wait_ready()
            return self._outputs()
        except ProviderError as error:
            raise Partial(self.call.id, self._last_outputs(), [str(error)]) from error

    def delete(self) -> None:
        """Delete the resource, again while others still use it, and wait until it is gone."""
        if self.resource.stays(self.call):
            return
        with errors.explained(self.title, self.resource.service):
            self.call.wait(self._is_deleted, self.title)
            if not self.resource.setting:
                self.call.wait(lambda: self.find() is None, self.title)

    def _is_deleted(self) -> bool:
        """Return True if the delete call succeeded; False if it is worth another attempt."""
        try:
            self.resource.delete(self.call)
        except ClientError as error:
            if errors.is_missing(error) and self.find() is None:
                return True
            late = time.monotonic() - self.call.started > self.call.timeout
            if errors.code(error) not in self.resource.retried or late:
                raise
            most = duration(self.call.timeout)
            self.call.report(f"waiting for what depends on it, {most} at most")
            return False
        return True

    def _outputs(self) -> State:
        found = self.find()
        if found is None:
            raise ProviderError(f"{self.title}: couldn't find the resource afterwards")
        return state.outputs(self.resource, self.call.inputs, found, self.call.region)

    def _last_outputs(self) -> State:
        """Return what is known of a resource that failed, so that the state has it all the same."""
        try:
            return self._outputs()
        except ProviderError:
            return self.call.outputs or dict(self.call.inputs)

    def _wait_ready(self) -> None:
        if self.resource.status is not None:
            self.call.wait(self._is_ready, f"{self.title}: waiting for it to be ready")

    def _is_ready(self) -> bool:
        status = self.resource.status
        assert status is not None, f"{self.resource.token} is ready as soon as it exists"
        word = status.of(self.call) or "missing"
        if word in status.ready:
            return True
        if word not in status.pending:
            reason = status.reason(self.call)
            raise ProviderError(
                f"{self.title}: unexpected state '{word}', wanted target "
                f"'{', '.join(sorted(status.ready))}'"
                + (f": {reason}" if reason else "")
                + (REMEDY if self.doing == "updating" and not self.call.changed else "")
            )
        self.call.report(f"{self.resource.noun}: {word}")
        return False
