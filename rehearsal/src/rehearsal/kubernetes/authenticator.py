"""Authentication of bearer tokens by the emulated STS and EKS."""

from __future__ import annotations

import http.client
import logging
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

from rehearsal.clients.aws import Cloud
from rehearsal.kubernetes import access, bootstrap, clusters, presigned
from rehearsal.kubernetes.access import Caller, Grant
from rehearsal.kubernetes.clusters import CloudUnreachableError, ClusterView
from rehearsal.kubernetes.controllers.kube import Key, Kube, KubeError
from rehearsal.kubernetes.presigned import RefusedError
from rehearsal.paths import Environment

log = logging.getLogger(__name__)

_STS_SECONDS = 5


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
            CloudUnreachableError, botocore errors: The emulated AWS cannot be asked now.
        """
        url = presigned.read(bearer, {urlsplit(self._environment.cloud_url).netloc})
        cluster = self._cluster()
        caller = _caller(url, cluster)
        entry, grants = self._entry(caller, cluster)
        namespaces = self._bind(grants)
        return access.user_info(caller, entry, grants, namespaces)

    def _cluster(self) -> ClusterView:
        found = clusters.find(self._environment)
        if not found:
            raise RefusedError("there is no EKS cluster in the account")
        return found[0]

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


def _caller(url: str, cluster: ClusterView) -> Caller:
    """Ask STS by a token's URL who made it; STS verifies the signature.

    The cluster's name is a signed header, so a token for another cluster is refused.
    """
    _, host, path, query, _ = urlsplit(url)
    connection = http.client.HTTPConnection(host, timeout=_STS_SECONDS)
    try:
        headers = {presigned.CLUSTER_HEADER: cluster.name}
        connection.request("GET", f"{path or '/'}?{query}", headers=headers)
        answer = connection.getresponse()
        body = answer.read().decode()
    except (OSError, http.client.HTTPException) as error:
        raise CloudUnreachableError(f"{host} does not answer: {error}") from error
    finally:
        connection.close()
    if answer.status != http.HTTPStatus.OK:
        raise RefusedError(f"it is forged, or not for cluster {cluster.name}: {_said(body)}")
    found = _texts(body)
    return Caller(found["Arn"], found["UserId"], found["Account"])


def _said(body: str) -> str:
    """Return the message in an error of STS."""
    try:
        return _texts(body)["Message"]
    except (ElementTree.ParseError, KeyError):
        return body


def _texts(document: str) -> dict[str, str]:
    """Return the texts in an answer of STS, by the names of their elements."""
    elements = ElementTree.fromstring(document).iter()
    return {one.tag.rpartition("}")[2]: one.text or "" for one in elements}
