"""Configuration of the VPC CNI add-on, from pulumi-eks's own options.

Each option sets one environment variable of the aws-node DaemonSet; some have a value also
when the option is left out (amazon-vpc-cni-k8s, README: CNI configuration variables).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from rehearsal.pulumi.providers.eks.inputs import InputProblem, Inputs, is_set, whole

# option: (variable, value when the option is left out or false)
AWS_NODE: Mapping[str, tuple[str, str | None]] = {
    "nodePortSupport": ("AWS_VPC_CNI_NODE_PORT_SUPPORT", None),
    "customNetworkConfig": ("AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG", None),
    "warmEniTarget": ("WARM_ENI_TARGET", "1"),
    "warmIpTarget": ("WARM_IP_TARGET", None),
    "warmPrefixTarget": ("WARM_PREFIX_TARGET", None),
    "enablePrefixDelegation": ("ENABLE_PREFIX_DELEGATION", None),
    "logLevel": ("AWS_VPC_K8S_CNI_LOGLEVEL", "DEBUG"),
    "logFile": ("AWS_VPC_K8S_CNI_LOG_FILE", "/host/var/log/aws-routed-eni/ipamd.log"),
    "vethPrefix": ("AWS_VPC_K8S_CNI_VETHPREFIX", "eni"),
    "eniMtu": ("AWS_VPC_ENI_MTU", "9001"),
    "eniConfigLabelDef": ("ENI_CONFIG_LABEL_DEF", None),
    "pluginLogLevel": ("AWS_VPC_K8S_PLUGIN_LOG_LEVEL", "DEBUG"),
    "pluginLogFile": ("AWS_VPC_K8S_PLUGIN_LOG_FILE", "/var/log/aws-routed-eni/plugin.log"),
    "enablePodEni": ("ENABLE_POD_ENI", "false"),
    "cniConfigureRpfilter": ("AWS_VPC_K8S_CNI_CONFIGURE_RPFILTER", None),
    "cniCustomNetworkCfg": ("AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG", "false"),
    "cniExternalSnat": ("AWS_VPC_K8S_CNI_EXTERNALSNAT", "false"),
    "externalSnat": ("AWS_VPC_K8S_CNI_EXTERNALSNAT", None),
}
INIT: Mapping[str, tuple[str, str | None]] = {
    "disableTcpEarlyDemux": ("DISABLE_TCP_EARLY_DEMUX", "false"),
}
OPTIONS = frozenset(AWS_NODE) | frozenset(INIT)


def problems(options: Inputs) -> list[InputProblem]:
    """Return the errors of pulumi-eks about the CNI's options."""
    if is_set(options, "cniExternalSnat") and is_set(options, "externalSnat"):
        return [
            InputProblem("vpcCniOptions", "set one of cniExternalSnat or externalSnat, not both")
        ]
    return []


def configuration(options: Inputs) -> pulumi.Output[dict[str, Any]]:
    """Return the add-on's configuration values: the user's own over those from the options."""
    return pulumi.Output.all(
        _environment(AWS_NODE, options),
        _environment(INIT, options),
        options.get("enableNetworkPolicy"),
        options.get("configurationValues") or {},
    ).apply(lambda known: merge(*known))


def merge(
    environment: Mapping[str, str],
    init_environment: Mapping[str, str],
    enable_network_policy: bool | None,
    values: Mapping[str, Any],
) -> dict[str, Any]:
    """Merge a user's configuration values over the variables that the options set."""
    merged = dict(values)
    if enable_network_policy is not None:
        merged.setdefault("enableNetworkPolicy", _text(enable_network_policy))
    init = dict(_mapping(merged.get("init")))
    init["env"] = {**init_environment, **_mapping(init.get("env"))}
    merged["init"] = init
    merged["env"] = {**environment, **_mapping(merged.get("env"))}
    return merged


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _environment(
    variables: Mapping[str, tuple[str, str | None]], options: Inputs
) -> pulumi.Output[dict[str, str]]:
    found: dict[str, Any] = {}
    for option, (variable, default) in variables.items():
        value = options.get(option)
        if isinstance(value, pulumi.Output):
            found[variable] = value.apply(_text)
        elif value or (option == "warmEniTarget" and value is not None):
            found[variable] = _text(value)
        elif default is not None:
            # As in pulumi-eks, over what an option of the same variable set before it.
            found[variable] = default
    return pulumi.Output.from_input(found)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(whole(value))
