"""Authentication of bearer tokens by the emulated STS and EKS."""

from __future__ import annotations

import logging
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import boto3

from rehearsal.clients.aws import Cloud
from rehearsal.kubernetes import access, bootstrap, clusters, presigned
from rehearsal.kubernetes.access import Caller, Grant
from rehearsal.kubernetes.clusters import ClusterView
from rehearsal.kubernetes.controllers.kube import Key, Kube, KubeError
from rehearsal.kubernetes.presigned import RefusedError, Token
from rehearsal.paths import Environment

log = logging.getLogger(__name__)


class Authenticator:
    """Authenticator for the bearer tokens of one environment's cluster."""

    def __init__(self, environment: Environment, kube: Kube, cloud: Cloud) -> None:
        self._environment = environment
        self._kube = kube
        self._cloud = cloud

    def user_of(self, bearer: str) -> dict[str, Any]:
        """Return the UserInfo of the principal that made a bearer token.

        Raises:
            RefusedError: The token is invalid, or its maker has no access to the cluster.
            clusters.CloudUnreachableError, botocore errors: The emulated AWS cannot be asked now.
        """
        read = presigned.read(bearer, {urlsplit(self._environment.cloud_url).netloc})
        cluster = self._cluster()
        self._check_signature(read, cluster)
        caller = self._caller(read)
        entry, grants = self._entry(caller, cluster)
        namespaces = self._bind(grants)
        return access.user_info(caller, entry, grants, namespaces)

    def _cluster(self) -> ClusterView:
        found = clusters.find(self._environment)
        if not found:
            raise RefusedError("there is no EKS cluster in the account")
        return found[0]

    def _check_signature(self, read: Token, cluster: ClusterView) -> None:
        """Verify the signature if the access key is the rehearsal's own.

        The emulated account accepts any other access key with any secret.
        """
        own = self._environment.aws_environment()
        if read.access_key != own["AWS_ACCESS_KEY_ID"]:
            return
        if not read.signed_with(own["AWS_SECRET_ACCESS_KEY"], cluster.name):
            raise RefusedError(f"its signature is forged, or not for cluster {cluster.name}")

    def _caller(self, read: Token) -> Caller:
        client = _sts(read.access_key, read.session_token, read.region)
        answer = client.get_caller_identity()
        return Caller(answer["Arn"], answer["UserId"], answer["Account"])

    def _entry(self, caller: Caller, cluster: ClusterView) -> tuple[dict[str, Any], list[Grant]]:
        eks = self._cloud.client("eks", cluster.region)
        pages = eks.get_paginator("list_access_entries").paginate(clusterName=cluster.name)
        principals = [arn for page in pages for arn in page["accessEntries"]]
        principal = access.find_principal(caller, principals)
        if principal is None:
            raise RefusedError(f"{caller.arn} has no access entry in cluster {cluster.name}")
        named = {"clusterName": cluster.name, "principalArn": principal}
        entry: dict[str, Any] = eks.describe_access_entry(**named)["accessEntry"]
        associated = eks.list_associated_access_policies(**named)["associatedAccessPolicies"]
        return entry, [Grant.of(one) for one in associated]

    def _bind(self, grants: list[Grant]) -> list[str]:
        """Create the RoleBindings that namespaced grants need; return the cluster's namespaces.

        Without a namespaced grant the namespaces are not read, and the result is empty.
        """
        unknown = {grant.policy for grant in grants} - set(bootstrap.ACCESS_POLICY_ROLES)
        for policy in sorted(unknown):
            log.warning("the rehearsal gives no rights for access policy %s", policy)
        scoped = [grant for grant in grants if grant.namespaces and grant.policy not in unknown]
        if not scoped:
            return []
        namespaces = [one["metadata"]["name"] for one in self._kube.find("Namespace")]
        for grant in scoped:
            for name in access.namespaces_granted(grant, namespaces):
                self._ensure_binding(bootstrap.namespace_binding(grant.policy, name), name)
        return namespaces

    def _ensure_binding(self, binding: dict[str, Any], namespace: str) -> None:
        try:
            self._kube.create(Key("RoleBinding", namespace, binding["metadata"]["name"]), binding)
        except KubeError as error:
            if error.status != 409:
                raise


@lru_cache(maxsize=32)
def _sts(access_key: str, session_token: str | None, region: str) -> Any:
    """Return a client that calls STS as the maker of a token.

    The emulated STS identifies the caller by the access key and does not check the secret.
    """
    return boto3.client(
        "sts",
        region_name=region,
        aws_access_key_id=access_key,
        aws_secret_access_key="not-checked",
        aws_session_token=session_token,
    )
