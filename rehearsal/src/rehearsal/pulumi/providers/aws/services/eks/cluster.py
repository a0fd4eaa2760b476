"""EKS clusters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rehearsal.pulumi.providers.aws.call import Call, without_none
from rehearsal.pulumi.providers.aws.declaration import (
    Inputs,
    Naming,
    Resource,
    State,
    Status,
    Timeouts,
)
from rehearsal.pulumi.providers.aws.services.eks.updates import TAGGING, finished, health, time_of
from rehearsal.pulumi.providers.aws.tags import without_aws_tags

LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")


_NO_NETWORK = (
    "whoever may reach the API server on AWS, here it answers on this machine only: "
    "publicAccessCidrs and the endpoints are checked and not applied"
)


def _create(call: Call) -> str:
    call.warn(_NO_NETWORK)
    inputs = call.inputs
    answer = call.client("eks").create_cluster(
        name=inputs["name"],
        roleArn=inputs["roleArn"],
        resourcesVpcConfig=_vpc_request(inputs["vpcConfig"]),
        clientRequestToken=call.token,
        logging=_logging_request(inputs.get("enabledClusterLogTypes")),
        **call.request(
            {
                "version": "version",
                "accessConfig": "accessConfig",
                "bootstrapSelfManagedAddons": "bootstrapSelfManagedAddons",
                "deletionProtection": "deletionProtection",
                "kubernetesNetworkConfig": "kubernetesNetworkConfig",
                "upgradePolicy": "upgradePolicy",
                "tags": "tags",
            }
        ),
        **_encryption_request(inputs),
    )
    return str(answer["cluster"]["name"])


def _encryption_request(inputs: Mapping[str, Any]) -> dict[str, Any]:
    encryption = inputs.get("encryptionConfig")
    return {"encryptionConfig": [encryption]} if encryption else {}


def _vpc_request(vpc: Mapping[str, Any]) -> dict[str, Any]:
    public = vpc.get("endpointPublicAccess")
    return without_none(
        subnetIds=vpc["subnetIds"],
        securityGroupIds=vpc.get("securityGroupIds"),
        endpointPrivateAccess=vpc.get("endpointPrivateAccess") or False,
        endpointPublicAccess=True if public is None else public,
        publicAccessCidrs=vpc.get("publicAccessCidrs") or None,
    )


def _logging_request(enabled: list[str] | None) -> dict[str, Any]:
    """Return a request with every log type, so that those left out are switched off."""
    on = [one for one in LOG_TYPES if one in (enabled or [])]
    off = [one for one in LOG_TYPES if one not in on]
    setups = ({"types": on, "enabled": True}, {"types": off, "enabled": False})
    return {"clusterLogging": [setup for setup in setups if setup["types"]]}


def _read(call: Call) -> State | None:
    cluster = _describe(call)
    vpc = cluster["resourcesVpcConfig"]
    issuer = cluster.get("identity", {}).get("oidc", {}).get("issuer")
    return without_none(
        name=cluster["name"],
        arn=cluster["arn"],
        roleArn=cluster["roleArn"],
        version=cluster["version"],
        platformVersion=cluster.get("platformVersion"),
        status=cluster["status"],
        createdAt=time_of(cluster.get("createdAt")),
        endpoint=cluster.get("endpoint"),
        certificateAuthority=cluster.get("certificateAuthority"),
        identities=[{"oidcs": [{"issuer": issuer}]}],
        vpcConfig=without_none(
            vpcId=vpc.get("vpcId"),
            subnetIds=vpc["subnetIds"],
            securityGroupIds=vpc.get("securityGroupIds"),
            clusterSecurityGroupId=vpc.get("clusterSecurityGroupId"),
            endpointPrivateAccess=vpc["endpointPrivateAccess"],
            endpointPublicAccess=vpc["endpointPublicAccess"],
            publicAccessCidrs=vpc.get("publicAccessCidrs"),
        ),
        accessConfig=cluster.get("accessConfig"),
        kubernetesNetworkConfig=_network(cluster.get("kubernetesNetworkConfig")),
        enabledClusterLogTypes=_enabled_logs(cluster),
        encryptionConfig=next(iter(cluster.get("encryptionConfig") or []), None),
        upgradePolicy=cluster.get("upgradePolicy"),
        # EKS does not report this; an imported cluster is assumed to have the default.
        bootstrapSelfManagedAddons=call.inputs.get("bootstrapSelfManagedAddons", True),
        deletionProtection=cluster.get("deletionProtection"),
        tags=without_aws_tags(cluster.get("tags")),
    )


def _describe(call: Call) -> dict[str, Any]:
    return dict(call.client("eks").describe_cluster(name=call.id)["cluster"])


def _network(network: Mapping[str, Any] | None) -> dict[str, Any]:
    network = network or {}
    return without_none(
        serviceIpv4Cidr=network.get("serviceIpv4Cidr"),
        serviceIpv6Cidr=network.get("serviceIpv6Cidr"),
        ipFamily=network.get("ipFamily"),
        elasticLoadBalancing=network.get("elasticLoadBalancing"),
    )


def _enabled_logs(cluster: Mapping[str, Any]) -> list[str]:
    setups = cluster.get("logging", {}).get("clusterLogging") or []
    return [one for setup in setups if setup.get("enabled") for one in setup["types"]]


def _update(call: Call) -> None:
    """Make the changes one kind at a time, as EKS requires."""
    eks = call.client("eks")
    if "version" in call.changed and call.inputs.get("version"):
        answer = eks.update_cluster_version(
            name=call.id,
            version=call.inputs["version"],
            clientRequestToken=f"{call.token}-version",
            **without_none(force=call.inputs.get("forceUpdateVersion") or None),
        )
        finished(call, answer, name=call.id)
    if "encryptionConfig" in call.changed:
        answer = eks.associate_encryption_config(
            clusterName=call.id,
            clientRequestToken=f"{call.token}-encryption",
            **_encryption_request(call.inputs),
        )
        finished(call, answer, name=call.id)
    for part, change in _config_changes(call):
        answer = eks.update_cluster_config(
            name=call.id, clientRequestToken=f"{call.token}-{part}", **change
        )
        finished(call, answer, name=call.id)


def _config_changes(call: Call) -> Iterable[tuple[str, dict[str, Any]]]:
    """Yield each change of configuration as one request, since EKS refuses them together."""
    inputs, changed = call.inputs, call.changed
    if "accessConfig" in changed:
        mode = (inputs.get("accessConfig") or {}).get("authenticationMode")
        yield "access", {"accessConfig": {"authenticationMode": mode}}
    if "enabledClusterLogTypes" in changed:
        yield "logging", {"logging": _logging_request(inputs.get("enabledClusterLogTypes"))}
    if "upgradePolicy" in changed:
        yield "upgrade", {"upgradePolicy": inputs["upgradePolicy"]}
    if "deletionProtection" in changed:
        yield "protection", {"deletionProtection": bool(inputs.get("deletionProtection"))}
    if "vpcConfig" in changed:
        yield from _vpc_changes(call.olds["vpcConfig"], inputs["vpcConfig"])


def _vpc_changes(
    old: Mapping[str, Any], new: Mapping[str, Any]
) -> Iterable[tuple[str, dict[str, Any]]]:
    """Yield the changes of networks and of endpoint access, which are separate updates too."""
    before, after = _vpc_request(old), _vpc_request(new)
    networks = ("subnetIds", "securityGroupIds")
    endpoint = ("endpointPrivateAccess", "endpointPublicAccess", "publicAccessCidrs")
    for part, keys in (("network", networks), ("endpoint", endpoint)):
        if any(before.get(key) != after.get(key) for key in keys):
            change = {key: after[key] for key in keys if key in after}
            yield part, {"resourcesVpcConfig": change}


def _delete(call: Call) -> None:
    call.client("eks").delete_cluster(name=call.id)


def _no_encryption_any_more(olds: Inputs, news: Inputs) -> Iterable[str]:
    """Yield `encryptionConfig` if it is removed: envelope encryption cannot be switched off."""
    if olds.get("encryptionConfig") and not news.get("encryptionConfig"):
        yield "encryptionConfig"


CLUSTER = Resource(
    token="aws:eks/cluster:Cluster",
    service="EKS",
    noun="EKS Cluster",
    naming=Naming("name", most=100),
    replaces={
        "accessConfig.bootstrapClusterCreatorAdminPermissions",
        "bootstrapSelfManagedAddons",
        "kubernetesNetworkConfig.ipFamily",
        "kubernetesNetworkConfig.serviceIpv4Cidr",
        "name",
        "roleArn",
    },
    replaced=_no_encryption_any_more,
    updates={
        "accessConfig.authenticationMode",
        "deletionProtection",
        "enabledClusterLogTypes",
        "encryptionConfig",
        "forceUpdateVersion",
        "upgradePolicy",
        "version",
        "vpcConfig.endpointPrivateAccess",
        "vpcConfig.endpointPublicAccess",
        "vpcConfig.publicAccessCidrs",
        "vpcConfig.securityGroupIds",
        "vpcConfig.subnetIds",
    },
    computed={
        "accessConfig",
        "accessConfig.authenticationMode",
        "accessConfig.bootstrapClusterCreatorAdminPermissions",
        "deletionProtection",
        "kubernetesNetworkConfig",
        "kubernetesNetworkConfig.elasticLoadBalancing",
        "kubernetesNetworkConfig.ipFamily",
        "kubernetesNetworkConfig.serviceIpv4Cidr",
        "upgradePolicy",
        "version",
        "vpcConfig.clusterSecurityGroupId",
        "vpcConfig.publicAccessCidrs",
        "vpcConfig.vpcId",
    },
    defaults={"bootstrapSelfManagedAddons": True},
    changing={"platformVersion", "status"},
    tagging=TAGGING,
    status=Status(
        lambda call: str(_describe(call)["status"]),
        ready={"ACTIVE"},
        pending={"CREATING", "PENDING", "UPDATING"},
        reason=lambda call: health(_describe(call)),
    ),
    propagation={
        "does not exist",
        "Error in role params",
        "Role could not be assumed because the trusted entity is not correct",
        "IAM role's policy must include",
    },
    timeouts=Timeouts(create=30 * 60, update=60 * 60, delete=15 * 60),
    create=_create,
    read=_read,
    update=_update,
    delete=_delete,
    repeated="ResourceInUseException",
)
