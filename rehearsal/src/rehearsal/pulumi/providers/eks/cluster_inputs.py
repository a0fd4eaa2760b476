"""Inputs of eks:index:Cluster, and those that pulumi-eks refuses."""

from __future__ import annotations

from collections.abc import Mapping

from rehearsal.pulumi.providers.eks import addons, authentication, cni
from rehearsal.pulumi.providers.eks.inputs import (
    Accepts,
    InputProblem,
    Inputs,
    RefusedError,
    input_names,
    is_set,
)

TYPE = "eks:index:Cluster"

INPUTS = input_names(
    """
    accessEntries authenticationMode bootstrapSelfManagedAddons clusterSecurityGroup
    clusterSecurityGroupTags clusterTags corednsAddonOptions createInstanceRole
    createOidcProvider deletionProtection enableConfigMapMutable enabledClusterLogTypes
    encryptionConfigKeyArn endpointPrivateAccess endpointPublicAccess fargate
    instanceRole instanceRoles ipFamily kubeProxyAddonOptions
    kubernetesServiceIpAddressRange name nodeSecurityGroupTags privateSubnetIds
    providerCredentialOpts publicAccessCidrs publicSubnetIds roleMappings serviceRole
    skipDefaultNodeGroup skipDefaultSecurityGroups subnetIds tags upgradePolicy
    useDefaultVpcCni userMappings version vpcCniOptions vpcId
    """
)
# The options of the default node group, and of the group described in one object.
NODE_GROUP = input_names(
    """
    desiredCapacity gpu instanceType maxSize minSize nodeAmiId nodeAssociatePublicIpAddress
    instanceProfileName nodePublicKey nodeRootVolumeEncrypted nodeRootVolumeSize nodeSubnetIds
    nodeUserData
    """
)
MANAGED = "add an eks.ManagedNodeGroup instead"
NOT_REHEARSED: Mapping[str, str] = {
    **dict.fromkeys([*NODE_GROUP, "nodeGroupOptions"], MANAGED),
    "autoMode": f"EKS Auto Mode isn't rehearsed; {MANAGED}",
    "creationRoleProvider": "pulumi-eks takes it from Node.js programs only; use"
    " providerCredentialOpts",
    "proxy": "nothing here is reached through a proxy",
    "storageClasses": "declare a kubernetes.storage.v1.StorageClass",
}
CLUSTER = Accepts(TYPE, known=INPUTS, not_rehearsed=NOT_REHEARSED)

NESTED = {
    "corednsAddonOptions": addons.COREDNS,
    "kubeProxyAddonOptions": addons.KUBE_PROXY,
    "vpcCniOptions": addons.VPC_CNI,
    "providerCredentialOpts": Accepts(
        "providerCredentialOpts", known=frozenset({"roleArn", "profileName"})
    ),
}
ACCESS_ENTRY = Accepts(
    "accessEntries",
    known=input_names("accessPolicies kubernetesGroups principalArn tags type username"),
    required=frozenset({"principalArn"}),
)


def check(inputs: Inputs) -> None:
    """Refuse the inputs that pulumi-eks refuses, before any child is registered.

    Raises:
        RefusedError: Some inputs are refused; the text lists the errors.
    """
    CLUSTER.check(inputs)
    for key, accepts in NESTED.items():
        if isinstance(inputs.get(key), Mapping):
            accepts.check(inputs[key])
    for entry in (inputs.get("accessEntries") or {}).values():
        ACCESS_ENTRY.check(entry)
    problems = [
        *authentication.problems(inputs),
        *_exclusive(inputs),
        *_endpoint(inputs),
        *_not_built(inputs),
        *cni.problems(inputs.get("vpcCniOptions") or {}),
    ]
    if problems:
        raise RefusedError(TYPE, problems)


def _exclusive(inputs: Inputs) -> list[InputProblem]:
    problems = []
    if is_set(inputs, "instanceRole") and is_set(inputs, "instanceRoles"):
        problems.append(
            InputProblem("instanceRole", "mutually exclusive with instanceRoles; give one")
        )
    apart = [key for key in ("publicSubnetIds", "privateSubnetIds") if is_set(inputs, key)]
    if is_set(inputs, "subnetIds") and apart:
        reason = f"mutually exclusive with {' and '.join(apart)}; choose a single approach"
        problems.append(InputProblem("subnetIds", reason))
    return problems


def _endpoint(inputs: Inputs) -> list[InputProblem]:
    closed = inputs.get("endpointPublicAccess") is False
    if closed and is_set(inputs, "publicAccessCidrs"):
        reason = "can only be set when `endpointPublicAccess` is true"
        return [InputProblem("publicAccessCidrs", reason)]
    return []


def _not_built(inputs: Inputs) -> list[InputProblem]:
    """Return an error for each value that a rehearsal cannot build."""
    problems = []
    if inputs.get("fargate"):
        problems.append(InputProblem("fargate", f"Fargate isn't rehearsed; {MANAGED}"))
    elif not inputs.get("skipDefaultNodeGroup"):
        reason = f"the default node group isn't rehearsed; set this to true and {MANAGED}"
        problems.append(InputProblem("skipDefaultNodeGroup", reason))
    if inputs.get("createOidcProvider"):
        reason = (
            "pulumi-eks reads the issuer's certificate over the network, and the rehearsed issuer"
            " has none; leave it false and use EKS Pod Identity"
        )
        problems.append(InputProblem("createOidcProvider", reason))
    return problems
