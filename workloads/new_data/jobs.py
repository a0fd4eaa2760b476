"""TrainingJobs of the Kubernetes API, which ACK's controller has SageMaker run."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from kubernetes import client
from kubernetes.client.exceptions import ApiException
from kubernetes.config import ConfigException
from kubernetes.config.incluster_config import InClusterConfigLoader
from urllib3.exceptions import HTTPError

from workloads.faults import MissingInputError, RefusedError, UnavailableError, UsageError

BATCH = "$BATCH"
"""What a batch's id takes the place of in the template."""

NAME_PREFIX = "eks-ml-storage/name-prefix"
"""The annotation of the template that says what jobs' names begin with."""

LONGEST_NAME = 63
PLURAL = "trainingjobs"
PATIENCE = 60
"""Seconds in which the API server must answer: the client itself would wait forever."""

ENDED = frozenset({"Completed", "Failed", "Stopped"})
"""SageMaker's states of a job that reads no more."""


@dataclass(frozen=True)
class Template:
    """What every job is made of."""

    body: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path, directory: str) -> Template:
        """The template of a file.

        Args:
            path: JSON of a TrainingJob without a name.
            directory: where batches are, which the job's channels must name.

        Raises:
            UsageError: it is not that, and no job could be made of it.
        """
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
            group, _, version = body["apiVersion"].partition("/")
            prefix = body["metadata"]["annotations"][NAME_PREFIX]
            body["spec"]["trainingJobName"] = ""
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(
                f"{path} is no template of a TrainingJob ({error!r}): give its JSON with "
                f"apiVersion, spec, and the annotation {NAME_PREFIX}"
            ) from error
        if f"{directory}/{BATCH}/" not in json.dumps(body):
            raise UsageError(
                f"{path}: no channel reads {directory}/{BATCH}/CHANNEL, so that a job would not "
                "train on its batch"
            )
        if not (group and version and 0 < len(prefix) <= LONGEST_NAME - 13):
            raise UsageError(
                f"{path}: apiVersion must be GROUP/VERSION, and {NAME_PREFIX} have 1 to "
                f"{LONGEST_NAME - 13} characters"
            )
        return cls(body)

    def name(self, batch: str) -> str:
        """The name of a batch's job: for Kubernetes, and in SageMaker for the whole account."""
        return f"{self.body['metadata']['annotations'][NAME_PREFIX]}-{batch}"

    def job(self, batch: str) -> dict[str, Any]:
        """The TrainingJob of a batch."""
        body: dict[str, Any] = filled(self.body, batch)
        body["metadata"]["name"] = body["spec"]["trainingJobName"] = self.name(batch)
        return body


def filled(part: Any, batch: str) -> Any:
    """A part of the template, with a batch's id in all its places."""
    if isinstance(part, str):
        return part.replace(BATCH, batch)
    if isinstance(part, Mapping):
        return {key: filled(value, batch) for key, value in part.items()}
    return [filled(value, batch) for value in part] if isinstance(part, list) else part


@dataclass(frozen=True)
class TrainingJobs:
    """The TrainingJobs of a namespace."""

    api: Any
    """A CustomObjectsApi."""
    namespace: str
    template: Template

    def exists(self, batch: str) -> bool:
        """Whether a batch has its job."""
        with kubernetes_errors(self.namespace):
            try:
                self.api.get_namespaced_custom_object(
                    *self._kind, self.template.name(batch), _request_timeout=PATIENCE
                )
            except ApiException as error:
                if is_absent(error):
                    return False
                raise
        return True

    def create(self, batch: str) -> bool:
        """Have a batch's job; say whether it was not there before."""
        with kubernetes_errors(self.namespace):
            try:
                self.api.create_namespaced_custom_object(
                    *self._kind, self.template.job(batch), _request_timeout=PATIENCE
                )
            except ApiException as error:
                if error.status == HTTPStatus.CONFLICT and "AlreadyExists" in str(error.body):
                    return False
                raise
        return True

    def unfinished(self) -> str:
        """The specifications of all jobs that may still read, as one text."""
        with kubernetes_errors(self.namespace):
            jobs = self.api.list_namespaced_custom_object(*self._kind, _request_timeout=PATIENCE)
        return json.dumps([job.get("spec") for job in jobs["items"] if not has_ended(job)])

    @property
    def _kind(self) -> tuple[str, str, str, str]:
        group, _, version = self.template.body["apiVersion"].partition("/")
        return group, version, self.namespace, PLURAL


def is_absent(error: ApiException) -> bool:
    """Whether an object is not there, as opposed to its whole kind."""
    return error.status == HTTPStatus.NOT_FOUND and '"NotFound"' in str(error.body)


def has_ended(job: Mapping[str, Any]) -> bool:
    """Whether a job reads no more, or was refused and never will."""
    status = job.get("status") or {}
    terminal = any(
        condition.get("type") == "ACK.Terminal" and condition.get("status") == "True"
        for condition in status.get("conditions") or ()
    )
    return terminal or status.get("trainingJobStatus") in ENDED


def connect(service_account: Path) -> client.CustomObjectsApi:
    """The API server as a pod sees it; the token is read again as it changes.

    Raises:
        MissingInputError: this is no pod, or one without a service account's token.
    """
    configuration = client.Configuration()
    try:
        loader: Any = InClusterConfigLoader(  # type: ignore[no-untyped-call] # theirs has no types
            token_filename=str(service_account / "token"),
            cert_filename=str(service_account / "ca.crt"),
            try_refresh_token=True,
            environ=os.environ,
        )
        loader.load_and_set(configuration)
    except ConfigException as error:
        raise MissingInputError(
            f"{service_account}: {error} In a pod, leave automountServiceAccountToken on; "
            "elsewhere, set KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT and give "
            "--service-account a directory with token and ca.crt"
        ) from error
    return client.CustomObjectsApi(client.ApiClient(configuration))


@contextmanager
def kubernetes_errors(namespace: str) -> Iterator[None]:
    """Errors of the API server in the block become a workload's.

    Raises:
        RefusedError: this service account may not, or the job is refused.
        MissingInputError: there is no such kind, or no such namespace.
        UnavailableError: the API server does not answer.
    """
    try:
        yield
    except ApiException as error:
        raise _api_error(namespace, error) from error
    except HTTPError as error:
        raise UnavailableError(f"the Kubernetes API server does not answer ({error})") from error


def _api_error(namespace: str, error: ApiException) -> Exception:
    said = message_of(error)
    if error.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return RefusedError(
            f"Kubernetes refuses: {said}. Let the service account create, get and list "
            f"trainingjobs in namespace {namespace}"
        )
    if error.status == HTTPStatus.NOT_FOUND:
        return MissingInputError(
            f"Kubernetes has no TrainingJobs in namespace {namespace} ({said}). Install ACK's "
            "controller of SageMaker, and check --namespace"
        )
    if error.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
        return RefusedError(f"Kubernetes does not take the job: {said}. Correct the template")
    return UnavailableError(f"the Kubernetes API server fails: {said}")


def message_of(error: ApiException) -> str:
    """What the API server says."""
    try:
        return str(json.loads(error.body or "")["message"])
    except (TypeError, ValueError, KeyError):
        return f"{error.status} {error.reason}"
