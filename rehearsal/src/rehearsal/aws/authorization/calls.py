"""Determine the action and the resource of a call of any service except S3.

An action is the service's prefix and the name of the call. The resource is the one that the
parameters name; a call that names none applies to `*`. Source of the resources: Service
Authorization Reference, for the services that sessions call in a rehearsal.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import botocore.session
from moto.sqs.models import sqs_backends

from rehearsal.aws.authorization.signatures import Signature
from rehearsal.aws.authorization.verdicts import RequiredPermission
from rehearsal.aws.policy import Document

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

Params = Mapping[str, Any]

# Services whose calls are identified by method and path: botocore's name for each signing name.
REST = {"elasticfilesystem": "efs", "eks": "eks", "s3files": "s3files"}
# Actions that need no permission.
FREE = {"sts:GetCallerIdentity", "sts:GetSessionToken"}
# For each service, the parameters that name a resource, and the resource's part of the ARN.
RESOURCES = {
    "sagemaker": {"TrainingJobName": "training-job/{}", "ModelName": "model/{}"},
    "fsx": {"FileSystemId": "file-system/{}", "AssociationId": "association/*/{}"},
    "elasticfilesystem": {"FileSystemId": "file-system/{}", "AccessPointId": "access-point/{}"},
    "s3files": {
        "fileSystemId": "file-system/{}",
        "accessPointId": "file-system/*/access-point/{}",
    },
    "eks": {"name": "cluster/{}", "clusterName": "cluster/{}"},
    "kms": {"KeyId": "key/{}"},
    "logs": {"logGroupName": "log-group:{}"},
}
# Resources of calls that create something, which has no id yet.
CREATED = {
    "fsx:CreateFileSystem": "file-system/*",
    "elasticfilesystem:CreateFileSystem": "file-system/*",
    "s3files:CreateFileSystem": "file-system/*",
}
# For each service, the parameter with a role that it takes on, and the service that the role
# trusts.
PASSED = {
    "sagemaker": ("RoleArn", "sagemaker.amazonaws.com"),
    "s3files": ("roleArn", "elasticfilesystem.amazonaws.com"),
}


def required_permissions(
    environ: WSGIEnvironment, signed: Signature, account_id: str
) -> list[RequiredPermission]:
    """Return the permissions that a call requires."""
    name, params = _call(environ, signed.service)
    # A batch call requires the same permission as each of its parts.
    action = f"{signed.service}:{name.removesuffix('Batch')}"
    if action in FREE:
        return []
    context = {"aws:RequestedRegion": signed.region}
    if signed.service == "sqs":
        queue = str(params.get("QueueUrl") or params.get("QueueName") or "").rpartition("/")[2]
        arn = f"arn:aws:sqs:{signed.region}:{account_id}:{queue}"
        policy = _queue_policy(account_id, signed.region, queue)
        return [RequiredPermission(action.lower(), arn, context, policy)]
    resource = _resource(action, params, f"arn:aws:{signed.service}:{signed.region}:{account_id}:")
    parameter, trusted = PASSED.get(signed.service, ("", ""))
    passed, service = params.get(parameter), {"iam:PassedToService": trusted}
    pass_role = (
        [RequiredPermission("iam:PassRole", str(passed), {**context, **service})] if passed else []
    )
    return [RequiredPermission(action, resource, context), *pass_role]


def _resource(action: str, params: Params, prefix: str) -> str:
    if action in CREATED:
        return prefix + CREATED[action]
    service = action.partition(":")[0]
    if service in ("iam", "sts") and "RoleArn" in params:
        return str(params["RoleArn"])
    for name, pattern in RESOURCES.get(service, {}).items():
        if value := params.get(name):
            return str(value) if str(value).startswith("arn:") else prefix + pattern.format(value)
    return "*"


def _queue_policy(account_id: str, region: str, name: str) -> Document | None:
    queue = sqs_backends[account_id][region].queues.get(name)
    policy: Document | None = queue._policy_json if queue else None
    return policy


def _call(environ: WSGIEnvironment, service: str) -> tuple[str, Params]:
    """Return the name and the parameters of a call, in any of the protocols."""
    body = environ["wsgi.input"].read()
    environ["wsgi.input"].seek(0)
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return str(target).rpartition(".")[2], json.loads(body or b"{}")
    if service in REST:
        method, path = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        for name, verb, pattern in _routes(REST[service]):
            if verb == method and (found := pattern.fullmatch(path)):
                return name, {**_json(body), **found.groupdict()}
    form = dict(parse_qsl(body.decode("utf-8", "replace") or environ.get("QUERY_STRING", "")))
    return form.get("Action", "Unknown"), form


def _json(body: bytes) -> Params:
    document: Params = json.loads(body) if body else {}
    return document


@cache
def _routes(service: str) -> list[tuple[str, str, re.Pattern[str]]]:
    """Return the name, method and path of every call of a service, from botocore's model."""
    model = botocore.session.Session().get_service_model(service)
    found = []
    for name in model.operation_names:
        http = model.operation_model(name).http
        path = re.sub(r"\\{(\w+)(?:\\\+)?\\}", r"(?P<\1>[^/]+)", re.escape(_path(http)))
        found.append((name, http["method"], re.compile(path)))
    return found


def _path(http: Mapping[str, str]) -> str:
    return http["requestUri"].partition("?")[0]
