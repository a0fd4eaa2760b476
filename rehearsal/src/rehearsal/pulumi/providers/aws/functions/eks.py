"""Functions that look up EKS clusters, versions of their add-ons and tokens for their API."""

from __future__ import annotations

import base64
from typing import Any

from botocore.signers import RequestSigner

from rehearsal.pulumi.providers.aws.call import Call
from rehearsal.pulumi.providers.aws.functions.declaration import Function
from rehearsal.pulumi.providers.aws.tags import without_aws_tags
from rehearsal.pulumi.providers.server import ProviderError

# Seconds for which a presigned request is valid, the same as in `aws eks get-token`.
_TOKEN_SECONDS = 60


def _addon_version(call: Call) -> dict[str, Any]:
    name, version = call.inputs["addonName"], call.inputs["kubernetesVersion"]
    answer = call.client("eks").describe_addon_versions(addonName=name, kubernetesVersion=version)
    versions = [one for addon in answer["addons"] for one in addon["addonVersions"]]
    for one in versions:
        if call.inputs.get("mostRecent") or _is_default(one, version):
            return {"id": name, "version": one["addonVersion"]}
    raise ProviderError(f"no version of the EKS add-on {name} is there for Kubernetes {version}")


def _is_default(version: dict[str, Any], kubernetes: str) -> bool:
    return any(
        one.get("defaultVersion") and one.get("clusterVersion", kubernetes) == kubernetes
        for one in version.get("compatibilities", ())
    )


def _cluster_versions(call: Call) -> dict[str, Any]:
    pages = call.client("eks").get_paginator("describe_cluster_versions").paginate()
    return {"clusterVersions": [_version(one) for page in pages for one in page["clusterVersions"]]}


def _version(told: dict[str, Any]) -> dict[str, Any]:
    dates = ("releaseDate", "endOfStandardSupportDate", "endOfExtendedSupportDate")
    return {
        **{key: told[key].strftime("%Y-%m-%dT%H:%M:%SZ") for key in dates},
        "clusterType": told["clusterType"],
        "clusterVersion": told["clusterVersion"],
        "defaultPlatformVersion": told["defaultPlatformVersion"],
        "defaultVersion": told["defaultVersion"],
        "versionStatus": told["versionStatus"],
    }


def _clusters(call: Call) -> dict[str, Any]:
    pages = call.client("eks").get_paginator("list_clusters").paginate()
    return {"names": [name for page in pages for name in page["clusters"]]}


def _cluster(call: Call) -> dict[str, Any]:
    cluster = call.client("eks").describe_cluster(name=call.inputs["name"])["cluster"]
    network = cluster.get("resourcesVpcConfig", {})
    logging = cluster.get("logging", {}).get("clusterLogging", ())
    issuer = cluster.get("identity", {}).get("oidc", {}).get("issuer")
    return {
        "accessConfigs": _listed(cluster.get("accessConfig")),
        "arn": cluster["arn"],
        "certificateAuthorities": _listed(cluster.get("certificateAuthority")),
        "createdAt": cluster["createdAt"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "deletionProtection": cluster.get("deletionProtection", False),
        "enabledClusterLogTypes": sorted(
            kind for one in logging if one.get("enabled") for kind in one.get("types", ())
        ),
        "endpoint": cluster.get("endpoint"),
        "id": cluster["name"],
        "identities": [{"oidcs": [{"issuer": issuer}]}] if issuer else [],
        "kubernetesNetworkConfigs": _listed(cluster.get("kubernetesNetworkConfig")),
        "name": cluster["name"],
        "platformVersion": cluster.get("platformVersion"),
        "roleArn": cluster["roleArn"],
        "status": cluster["status"],
        "tags": without_aws_tags(cluster.get("tags")),
        "upgradePolicies": _listed(cluster.get("upgradePolicy")),
        "version": cluster["version"],
        "vpcConfig": {
            "clusterSecurityGroupId": network.get("clusterSecurityGroupId"),
            "endpointPrivateAccess": network.get("endpointPrivateAccess", False),
            "endpointPublicAccess": network.get("endpointPublicAccess", True),
            "publicAccessCidrs": network.get("publicAccessCidrs", []),
            "securityGroupIds": network.get("securityGroupIds", []),
            "subnetIds": network.get("subnetIds", []),
            "vpcId": network.get("vpcId"),
        },
    }


def _access_entry(call: Call) -> dict[str, Any]:
    cluster, principal = call.inputs["clusterName"], call.inputs["principalArn"]
    entry = call.client("eks").describe_access_entry(clusterName=cluster, principalArn=principal)
    found = entry["accessEntry"]
    return {
        "accessEntryArn": found["accessEntryArn"],
        "createdAt": found["createdAt"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "id": f"{cluster}:{principal}",
        "kubernetesGroups": found.get("kubernetesGroups", []),
        "modifiedAt": found["modifiedAt"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "tags": without_aws_tags(found.get("tags")),
        "tagsAll": without_aws_tags(found.get("tags")),
        "type": found["type"],
        "userName": found["username"],
    }


def _listed(value: dict[str, Any] | None) -> list[dict[str, Any]]:
    return [value] if value else []


def _token(call: Call) -> dict[str, Any]:
    """Return a presigned GetCallerIdentity with the cluster's name, as EKS expects it."""
    client = call.client("sts")
    signer = RequestSigner(
        client.meta.service_model.service_id,
        call.region,
        "sts",
        "v4",
        call.clients.session.get_credentials(),
        client.meta.events,
    )
    url = signer.generate_presigned_url(
        {
            "method": "GET",
            "url": f"{client.meta.endpoint_url.rstrip('/')}/"
            "?Action=GetCallerIdentity&Version=2011-06-15",
            "body": {},
            "headers": {"x-k8s-aws-id": call.inputs["name"]},
            "context": {},
        },
        region_name=call.region,
        expires_in=_TOKEN_SECONDS,
        operation_name="",
    )
    encoded = base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")
    return {"id": call.inputs["name"], "token": f"k8s-aws-v1.{encoded}"}


FUNCTIONS = {
    "aws:eks/getAccessEntry:getAccessEntry": Function(
        "eks", _access_entry, required={"clusterName", "principalArn"}
    ),
    "aws:eks/getAddonVersion:getAddonVersion": Function(
        "eks",
        _addon_version,
        arguments={"mostRecent"},
        required={"addonName", "kubernetesVersion"},
    ),
    "aws:eks/getCluster:getCluster": Function("eks", _cluster, required={"name"}),
    "aws:eks/getClusterVersions:getClusterVersions": Function("eks", _cluster_versions),
    "aws:eks/getClusters:getClusters": Function("eks", _clusters),
    "aws:eks/getClusterAuth:getClusterAuth": Function("eks", _token, required={"name"}),
}
