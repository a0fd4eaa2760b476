"""TrainingJobs in the Kubernetes API, which ACK's SageMaker controller runs."""

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

from workloads.errors import MissingInputError, RefusedError, UnavailableError, UsageError

BATCH = "$BATCH"
"""Placeholder in the template for the id of the batch."""

NAME_PREFIX = "eks-ml-storage/name-prefix"
"""Annotation of the template with the prefix of the jobs' names."""

MAX_NAME_LENGTH = 63
"""Maximum length of a job's name in SageMaker."""
PLURAL = "trainingjobs"
"""Plural name of the resource in the Kubernetes API."""
REQUEST_TIMEOUT = 60
"""Seconds in which the API server must answer; the Kubernetes client has no timeout of its own."""

FINAL_STATES = frozenset({"Completed", "Failed", "Stopped"})
"""States of a SageMaker training job that no longer reads its data."""


@dataclass(frozen=True)
class Template:
    """Template of the TrainingJobs."""

    body: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path, directory: str) -> Template:
        """Read a template from a file.

        Args:
            path: JSON file with a TrainingJob without a name.
            directory: Directory of the batches; a channel must read below it.

        Raises:
            UsageError: The file is not such a template.
        """
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
            group, _, version = body["apiVersion"].partition("/")
            prefix = body["metadata"]["annotations"][NAME_PREFIX]
            body["spec"]["trainingJobName"] = ""
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise UsageError(
                f"{path} is not a template of a TrainingJob ({error!r}): it must be JSON with "
                f"apiVersion, spec and the annotation {NAME_PREFIX}"
            ) from error
        if f"{directory}/{BATCH}/" not in json.dumps(body):
            raise UsageError(
                f"{path}: no channel reads {directory}/{BATCH}/CHANNEL, so a job would not train "
                "on its batch"
            )
        if not (group and version and 0 < len(prefix) <= MAX_NAME_LENGTH - 13):
            raise UsageError(
                f"{path}: apiVersion must be GROUP/VERSION, and {NAME_PREFIX} must have 1 to "
                f"{MAX_NAME_LENGTH - 13} characters"
            )
        return cls(body)

    def name(self, batch: str) -> str:
        """Return the name of a batch's job, which is unique in the SageMaker account."""
        return f"{self.body['metadata']['annotations'][NAME_PREFIX]}-{batch}"

    def job(self, batch: str) -> dict[str, Any]:
        """Return the TrainingJob of a batch."""
        body: dict[str, Any] = substitute(self.body, batch)
        body["metadata"]["name"] = body["spec"]["trainingJobName"] = self.name(batch)
        return body


def substitute(value: Any, batch: str) -> Any:
    """Replace the placeholder with a batch's id in all texts of a JSON value."""
    if isinstance(value, str):
        return value.replace(BATCH, batch)
    if isinstance(value, Mapping):
        return {key: substitute(value, batch) for key, value in value.items()}
    return [substitute(value, batch) for value in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class TrainingJobs:
    """TrainingJobs of a namespace."""

    api: Any
    """CustomObjectsApi of the Kubernetes client."""
    namespace: str
    template: Template

    def exists(self, batch: str) -> bool:
        """Return True if a batch has its job.

        Raises:
            WorkloadError: See `kubernetes_errors`.
        """
        with kubernetes_errors(self.namespace):
            try:
                self.api.get_namespaced_custom_object(
                    *self._kind, self.template.name(batch), _request_timeout=REQUEST_TIMEOUT
                )
            except ApiException as error:
                if is_not_found(error):
                    return False
                raise
        return True

    def create(self, batch: str) -> bool:
        """Create a batch's job, and return False if it exists already.

        Raises:
            WorkloadError: See `kubernetes_errors`.
        """
        with kubernetes_errors(self.namespace):
            try:
                self.api.create_namespaced_custom_object(
                    *self._kind, self.template.job(batch), _request_timeout=REQUEST_TIMEOUT
                )
            except ApiException as error:
                if error.status == HTTPStatus.CONFLICT and "AlreadyExists" in str(error.body):
                    return False
                raise
        return True

    def unfinished_specs(self) -> str:
        """Return the specs of all jobs that may still read their data, as one JSON text.

        Raises:
            WorkloadError: See `kubernetes_errors`.
        """
        with kubernetes_errors(self.namespace):
            jobs = self.api.list_namespaced_custom_object(
                *self._kind, _request_timeout=REQUEST_TIMEOUT
            )
        return json.dumps([job.get("spec") for job in jobs["items"] if not is_finished(job)])

    @property
    def _kind(self) -> tuple[str, str, str, str]:
        group, _, version = self.template.body["apiVersion"].partition("/")
        return group, version, self.namespace, PLURAL


def is_not_found(error: ApiException) -> bool:
    """Return True if an object does not exist, but not if its kind does not exist."""
    return error.status == HTTPStatus.NOT_FOUND and '"NotFound"' in str(error.body)


def is_finished(job: Mapping[str, Any]) -> bool:
    """Return True if a job no longer reads its data, or was rejected for good."""
    status = job.get("status") or {}
    terminal = any(
        condition.get("type") == "ACK.Terminal" and condition.get("status") == "True"
        for condition in status.get("conditions") or ()
    )
    return terminal or status.get("trainingJobStatus") in FINAL_STATES


def connect(service_account: Path) -> client.CustomObjectsApi:
    """Return a client of the API server for a pod; it reads the token again when that changes.

    Raises:
        MissingInputError: This is not a pod, or it has no service account token.
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
            f"{service_account}: {error} In a pod, set automountServiceAccountToken to true. "
            "Elsewhere, set KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT, and give "
            "--service-account a directory with token and ca.crt"
        ) from error
    return client.CustomObjectsApi(client.ApiClient(configuration))


@contextmanager
def kubernetes_errors(namespace: str) -> Iterator[None]:
    """Translate errors of the API server in the block to errors of a workload.

    Raises:
        RefusedError: This service account has no permission, or the job is rejected.
        MissingInputError: The kind TrainingJob or the namespace does not exist.
        UnavailableError: The API server does not answer.
    """
    try:
        yield
    except ApiException as error:
        raise _api_error(namespace, error) from error
    except HTTPError as error:
        raise UnavailableError(f"the Kubernetes API server does not answer ({error})") from error


def _api_error(namespace: str, error: ApiException) -> Exception:
    message = error_message(error)
    if error.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return RefusedError(
            f"Kubernetes denies access: {message}. Allow the service account to create, get and "
            f"list trainingjobs in namespace {namespace}"
        )
    if error.status == HTTPStatus.NOT_FOUND:
        return MissingInputError(
            f"Kubernetes has no TrainingJobs in namespace {namespace} ({message}). Install ACK's "
            "controller of SageMaker, and check --namespace"
        )
    if error.status in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}:
        return RefusedError(f"Kubernetes rejects the job: {message}. Correct the template")
    return UnavailableError(f"the Kubernetes API server fails: {message}")


def error_message(error: ApiException) -> str:
    """Return the API server's message for an error."""
    try:
        return str(json.loads(error.body or "")["message"])
    except (TypeError, ValueError, KeyError):
        return f"{error.status} {error.reason}"
