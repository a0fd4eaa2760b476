from __future__ import annotations

import json
from typing import Any

import grpc
import pytest
from pulumi.runtime import rpc
from pulumi.runtime.proto.alias_pb2 import Alias

from tests.pulumi.providers.eks.engine import Update

CLUSTER = "eks:index:Cluster"
ROLE = "main-eksRole"
# What the real component registers: (type, name) of each child, and its parent's name.
CHILDREN = {
    ("eks:index:Cluster", "main"): "project-test",
    ("eks:index:ServiceRole", ROLE): "main",
    ("aws:iam/role:Role", f"{ROLE}-role"): ROLE,
    ("aws:iam/rolePolicyAttachment:RolePolicyAttachment", f"{ROLE}-4b490823"): ROLE,
    ("aws:ec2/securityGroup:SecurityGroup", "main-eksClusterSecurityGroup"): "main",
    ("aws:ec2/securityGroup:SecurityGroup", "main-nodeSecurityGroup"): "main",
    ("aws:eks/cluster:Cluster", "main-eksCluster"): "main",
    ("pulumi:providers:kubernetes", "main-eks-k8s"): "main",
    ("aws:eks/addon:Addon", "main-kube-proxy"): "main",
    ("eks:index:VpcCniAddon", "main-vpc-cni"): "main",
    ("aws:eks/addon:Addon", "main-vpc-cni"): "main-vpc-cni",
} | {
    ("aws:ec2/securityGroupRule:SecurityGroupRule", f"main-{rule}"): "main"
    for rule in (
        "eksClusterInternetEgressRule",
        "eksClusterIngressRule",
        "eksNodeIngressRule",
        "eksNodeClusterIngressRule",
        "eksExtApiServerClusterIngressRule",
        "eksNodeInternetEgressRule",
    )
}


def built(update: Update, inputs: dict[str, Any], **request: Any) -> dict[str, Any]:
    return update.construct(CLUSTER, "main", inputs, **request)


def refusal(update: Update, inputs: dict[str, Any]) -> str:
    with pytest.raises(grpc.RpcError) as refused:
        built(update, inputs)
    assert refused.value.code() == grpc.StatusCode.INVALID_ARGUMENT
    assert not update.engine.children, "nothing is registered before the inputs are checked"
    return str(refused.value.details())


def test_a_cluster_has_the_children_that_pulumi_eks_gives_it(
    up: Update, inputs: dict[str, Any]
) -> None:
    built(up, inputs)
    made = {(c.type, c.name): c.parent_name for c in up.engine.children.values()}
    assert made == CHILDREN


def test_the_control_plane_is_asked_for_as_pulumi_eks_asks(
    up: Update, inputs: dict[str, Any]
) -> None:
    built(up, inputs)
    cluster = up.engine["main-eksCluster"]
    assert cluster.inputs == {
        "roleArn": up.engine[f"{ROLE}-role"].outputs["arn"],
        "version": "1.34",
        "bootstrapSelfManagedAddons": True,
        "accessConfig": {
            "authenticationMode": "API",
            "bootstrapClusterCreatorAdminPermissions": True,
        },
        "vpcConfig": {
            "subnetIds": ["subnet-1", "subnet-2"],
            "securityGroupIds": ["id-of-main-eksClusterSecurityGroup"],
        },
        "tags": {"Name": "main-eksCluster"},
    }
    assert {f"{ROLE}-role", f"{ROLE}-4b490823"} <= cluster.depends_on
    assert list(cluster.request.ignoreChanges) == [
        "accessConfig.bootstrapClusterCreatorAdminPermissions",
        "bootstrapSelfManagedAddons",
    ]


def test_the_service_role_may_be_assumed_by_eks_and_tag_its_session(
    up: Update, inputs: dict[str, Any]
) -> None:
    built(up, inputs)
    [statement] = json.loads(up.engine[f"{ROLE}-role"].inputs["assumeRolePolicy"])["Statement"]
    assert statement["Principal"] == {"Service": ["eks.amazonaws.com"]}
    assert statement["Action"] == ["sts:AssumeRole", "sts:TagSession"]
    attachment = up.engine[f"{ROLE}-4b490823"].inputs
    assert attachment["policyArn"] == "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"


@pytest.mark.parametrize(
    ("rule", "ports", "groups"),
    [
        ("eksClusterIngressRule", (443, 443), ("eksClusterSecurityGroup", "nodeSecurityGroup")),
        (
            "eksNodeClusterIngressRule",
            (1025, 65535),
            ("nodeSecurityGroup", "eksClusterSecurityGroup"),
        ),
        (
            "eksExtApiServerClusterIngressRule",
            (443, 443),
            ("nodeSecurityGroup", "eksClusterSecurityGroup"),
        ),
    ],
)
def test_nodes_and_control_plane_reach_each_other(
    up: Update,
    inputs: dict[str, Any],
    rule: str,
    ports: tuple[int, int],
    groups: tuple[str, str],
) -> None:
    built(up, inputs)
    made = up.engine[f"main-{rule}"].inputs
    assert (made["fromPort"], made["toPort"]) == ports
    assert made["securityGroupId"] == f"id-of-main-{groups[0]}"
    assert made["sourceSecurityGroupId"] == f"id-of-main-{groups[1]}"


def test_the_nodes_group_says_whose_nodes_they_are(up: Update, inputs: dict[str, Any]) -> None:
    built(up, inputs | {"tags": {"team": "ml"}, "nodeSecurityGroupTags": {"n": "1"}})
    group = up.engine["main-nodeSecurityGroup"].inputs
    assert group["revokeRulesOnDelete"] is True
    assert group["tags"] == {
        "Name": "main-nodeSecurityGroup",
        "kubernetes.io/cluster/main-eksCluster-1234567": "owned",
        "n": "1",
        "team": "ml",
    }


def test_the_state_refers_to_the_children_and_carries_the_kubeconfig(
    up: Update, inputs: dict[str, Any]
) -> None:
    state = built(up, inputs)
    assert state["eksCluster"]["urn"] == up.engine["main-eksCluster"].urn
    assert state["core"]["cluster"]["urn"] == up.engine["main-eksCluster"].urn
    assert state["core"]["provider"]["urn"] == up.engine["main-eks-k8s"].urn
    assert state["core"]["clusterIamRole"]["urn"] == up.engine[f"{ROLE}-role"].urn
    assert state["core"]["subnetIds"] == ["subnet-1", "subnet-2"]
    assert state["clusterSecurityGroupId"] == "id-of-main-eksClusterSecurityGroup"
    assert state["nodeSecurityGroupId"] == "id-of-main-nodeSecurityGroup"
    assert state["clusterIngressRuleId"] == "sgr-1"
    assert state["instanceRoles"] == []
    assert state["oidcProviderUrl"] == "https://oidc.example/id/1"
    assert state["oidcIssuer"] == "oidc.example/id/1"
    assert json.loads(state["kubeconfigJson"]) == state["kubeconfig"]


def test_the_kubeconfig_gets_its_token_from_the_aws_cli(up: Update, inputs: dict[str, Any]) -> None:
    document = built(up, inputs)["kubeconfig"]
    assert document["clusters"][0]["cluster"] == {
        "server": "https://192.0.2.1",
        "certificate-authority-data": "Q0E=",
    }
    execution = document["users"][0]["user"]["exec"]
    assert " ".join([execution["command"], *execution["args"]]) == (
        "aws --region us-west-2 eks get-token --cluster-name main-eksCluster-1234567 --output json"
    )
    given = json.loads(up.engine["main-eks-k8s"].inputs["kubeconfig"])
    assert given == document


def test_a_profile_is_for_this_deployment_and_a_role_for_everybody(
    up: Update, inputs: dict[str, Any]
) -> None:
    scope = {"profileName": "admin", "roleArn": "arn:aws:iam::1:role/admin"}
    document = built(up, inputs | {"providerCredentialOpts": scope})["kubeconfig"]
    for_all = document["users"][0]["user"]["exec"]["args"]
    assert for_all[-2:] == ["--role", scope["roleArn"]]
    own = json.loads(up.engine["main-eks-k8s"].inputs["kubeconfig"])
    assert own["users"][0]["user"]["exec"]["args"][-2:] == ["--profile", "admin"]


def test_a_method_gives_a_kubeconfig_for_a_role(up: Update, inputs: dict[str, Any]) -> None:
    built(up, inputs)
    text = up.call(
        f"{CLUSTER}/getKubeconfig", {"__self__": up.reference("main"), "roleArn": "arn:r"}
    )
    assert json.loads(text)["users"][0]["user"]["exec"]["args"][-2:] == ["--role", "arn:r"]


def test_access_entries_come_with_their_policies(up: Update, inputs: dict[str, Any]) -> None:
    scope = {"type": "namespace", "namespaces": ["ml"]}
    entry = {
        "principalArn": "arn:aws:iam::1:role/admin",
        "username": "admin",
        "kubernetesGroups": ["ops"],
        "accessPolicies": {"view": {"policyArn": "arn:view", "accessScope": scope}},
    }
    state = built(up, inputs | {"accessEntries": {"admin": entry}})
    made = up.engine["main-admin"]
    assert made.inputs == {
        "clusterName": "main-eksCluster-1234567",
        "principalArn": entry["principalArn"],
        "userName": "admin",
        "kubernetesGroups": ["ops"],
    }
    association = up.engine["main-admin-view"]
    assert association.parent_name == "main-admin"
    assert association.inputs["accessScope"] == scope
    assert "main-admin" in up.engine["eks:index:VpcCniAddon main-vpc-cni"].depends_on
    assert state["core"]["accessEntries"] == [entry]


def test_add_ons_without_a_version_get_the_newest_at_every_update(
    up: Update, inputs: dict[str, Any]
) -> None:
    built(up, inputs)
    for addon in ("kube-proxy", "vpc-cni"):
        made = up.engine[f"aws:eks/addon:Addon main-{addon}"]
        assert made.inputs["addonVersion"] == f"v1-newest-of-{addon}"


def test_add_ons_with_a_version_keep_it_and_nothing_newer_is_asked_for(
    up: Update, inputs: dict[str, Any]
) -> None:
    inputs |= {
        "kubeProxyAddonOptions": {"version": "v1.35.0"},
        "vpcCniOptions": {"addonVersion": "v1.20.4"},
    }
    built(up, inputs)
    assert up.engine["main-kube-proxy"].inputs["addonVersion"] == "v1.35.0"
    cni = up.engine["aws:eks/addon:Addon main-vpc-cni"]
    assert cni.inputs["addonVersion"] == "v1.20.4"
    assert "aws:eks/getAddonVersion:getAddonVersion" not in up.engine.invoked


def test_endpoint_logs_and_encryption_reach_the_control_plane(
    up: Update, inputs: dict[str, Any]
) -> None:
    inputs |= {
        "endpointPrivateAccess": True,
        "endpointPublicAccess": True,
        "publicAccessCidrs": ["52.94.76.0/22"],
        "enabledClusterLogTypes": ["api", "audit"],
        "encryptionConfigKeyArn": "arn:key",
        "clusterTags": {"c": "1"},
        "kubernetesServiceIpAddressRange": "172.21.0.0/16",
        "deletionProtection": True,
    }
    built(up, inputs)
    cluster = up.engine["main-eksCluster"].inputs
    assert cluster["vpcConfig"]["publicAccessCidrs"] == ["52.94.76.0/22"]
    assert cluster["vpcConfig"]["endpointPrivateAccess"] is True
    assert cluster["enabledClusterLogTypes"] == ["api", "audit"]
    assert cluster["encryptionConfig"] == {
        "provider": {"keyArn": "arn:key"},
        "resources": ["secrets"],
    }
    assert cluster["tags"] == {"Name": "main-eksCluster", "c": "1"}
    assert cluster["kubernetesNetworkConfig"] == {
        "serviceIpv4Cidr": "172.21.0.0/16",
        "ipFamily": "ipv4",
    }
    assert cluster["deletionProtection"] is True


def test_a_role_of_the_programs_own_takes_the_place_of_the_service_role(
    up: Update, inputs: dict[str, Any]
) -> None:
    built(up, inputs)
    role = up.reference(f"{ROLE}-role")
    up.construct(CLUSTER, "other", inputs | {"serviceRole": role})
    names = {child.name for child in up.engine.children.values()}
    assert "other-eksRole" not in names
    arn = up.engine[f"{ROLE}-role"].outputs["arn"]
    assert up.engine["other-eksCluster"].inputs["roleArn"] == arn


def test_without_default_security_groups_eks_own_group_is_told(
    up: Update, inputs: dict[str, Any]
) -> None:
    state = built(up, inputs | {"skipDefaultSecurityGroups": True})
    assert state["clusterSecurityGroupId"] == state["nodeSecurityGroupId"] == "sg-of-eks"
    assert not [c for c in up.engine.children.values() if "ec2" in c.type]


def test_the_config_map_mode_writes_aws_auth_with_the_nodes_roles(
    up: Update, inputs: dict[str, Any]
) -> None:
    inputs |= {
        "authenticationMode": "API_AND_CONFIG_MAP",
        "createInstanceRole": True,
        "userMappings": [{"userArn": "arn:u", "username": "u", "groups": ["g"]}],
    }
    state = built(up, inputs)
    config_map = up.engine["main-nodeAccess"].inputs
    assert config_map["metadata"]["name"] == "aws-auth"
    [role] = json.loads(config_map["data"]["mapRoles"])
    assert role["rolearn"] == up.engine["main-instanceRole-role"].outputs["arn"]
    assert role["username"] == "system:node:{{EC2PrivateDNSName}}"
    [user] = json.loads(config_map["data"]["mapUsers"])
    assert user == {"userarn": "arn:u", "username": "u", "groups": ["g"]}
    assert up.engine["main-defaultNodeGroupInstanceRole"].inputs["type"] == "EC2_LINUX"
    assert state["instanceRoles"][0]["urn"] == up.engine["main-instanceRole-role"].urn


def test_the_bundled_add_ons_are_the_newest_kept_and_laid_over_eks_own(
    up: Update, inputs: dict[str, Any]
) -> None:
    built(up, inputs)
    proxy = up.engine["main-kube-proxy"].inputs
    assert proxy == {
        "clusterName": "main-eksCluster-1234567",
        "addonName": "kube-proxy",
        "addonVersion": "v1-newest-of-kube-proxy",
        "preserve": True,
        "resolveConflictsOnCreate": "OVERWRITE",
        "resolveConflictsOnUpdate": "OVERWRITE",
    }


def test_the_vpc_cni_is_configured_by_its_options(up: Update, inputs: dict[str, Any]) -> None:
    inputs["vpcCniOptions"] = {
        "enablePrefixDelegation": True,
        "warmEniTarget": 0,
        "eniMtu": 1500,
        "addonVersion": "v1.20.0-eksbuild.1",
        "configurationValues": {"env": {"WARM_ENI_TARGET": "2"}, "nodeAgent": {"enabled": True}},
    }
    built(up, inputs)
    cni = up.engine["aws:eks/addon:Addon main-vpc-cni"].inputs
    assert cni["addonVersion"] == "v1.20.0-eksbuild.1"
    values = json.loads(cni["configurationValues"])
    assert values["env"]["ENABLE_PREFIX_DELEGATION"] == "true"
    assert values["env"]["AWS_VPC_ENI_MTU"] == "1500"
    assert values["env"]["WARM_ENI_TARGET"] == "2", "the user's own values win"
    assert values["init"] == {"env": {"DISABLE_TCP_EARLY_DEMUX": "false"}}
    assert values["nodeAgent"] == {"enabled": True}


def test_coredns_comes_when_it_is_asked_for_and_kube_proxy_goes(
    up: Update, inputs: dict[str, Any]
) -> None:
    inputs |= {
        "corednsAddonOptions": {"enabled": True, "version": "v1.11"},
        "kubeProxyAddonOptions": {"enabled": False},
        "useDefaultVpcCni": True,
    }
    built(up, inputs)
    names = {c.name for c in up.engine.children.values() if c.type == "aws:eks/addon:Addon"}
    assert names == {"main-coredns"}
    assert up.engine["main-coredns"].inputs["addonVersion"] == "v1.11"


@pytest.mark.parametrize(
    ("change", "key", "words"),
    [
        ({"instanceRoles": ["r"]}, "instanceRoles", "'authenticationMode' is 'API'"),
        ({"roleMappings": [{"roleArn": "a"}]}, "roleMappings", "non-empty"),
        (
            {"authenticationMode": "CONFIG_MAP", "accessEntries": {"a": {"principalArn": "p"}}},
            "accessEntries",
            "set to 'CONFIG_MAP'",
        ),
        ({"authenticationMode": "IAM"}, "authenticationMode", "CONFIG_MAP, API_AND_CONFIG_MAP"),
        ({"subnetIds": ["subnet-3"]}, "subnetIds", "privateSubnetIds"),
        (
            {"endpointPublicAccess": False, "publicAccessCidrs": ["52.94.76.0/22"]},
            "publicAccessCidrs",
            "endpointPublicAccess",
        ),
        ({"skipDefaultNodeGroup": False}, "skipDefaultNodeGroup", "ManagedNodeGroup"),
        ({"createOidcProvider": True}, "createOidcProvider", "Pod Identity"),
        ({"fargate": True}, "fargate", "ManagedNodeGroup"),
        ({"autoMode": {"enabled": True}}, "autoMode", "not built in a rehearsal"),
        ({"instanceType": "m6i.large"}, "instanceType", "ManagedNodeGroup"),
        ({"nodeGroups": []}, "nodeGroups", "no such input"),
        ({"vpcCniOptions": {"warmEni": 1}}, "warmEni", "no such input"),
        ({"accessEntries": {"a": {"user": "u"}}}, "principalArn", "required"),
        (
            {"vpcCniOptions": {"externalSnat": True, "cniExternalSnat": True}},
            "vpcCniOptions",
            "not both",
        ),
    ],
)
def test_what_pulumi_eks_or_the_rehearsal_refuses_is_told_by_its_key(
    up: Update, inputs: dict[str, Any], change: dict[str, Any], key: str, words: str
) -> None:
    told = refusal(up, inputs | change)
    line = next(line for line in told.splitlines() if line.strip().startswith(f"{key}:"))
    assert words in line


def test_every_fault_is_told_at_once(up: Update, inputs: dict[str, Any]) -> None:
    told = refusal(up, inputs | {"instanceRoles": ["r"], "fargate": True, "subnetIds": ["s"]})
    assert all(f"  {key}:" in told for key in ("instanceRoles", "fargate", "subnetIds"))


def test_a_preview_builds_it_all_with_what_is_not_known_yet(
    preview: Update, inputs: dict[str, Any]
) -> None:
    state = built(preview, inputs | {"vpcId": rpc.UNKNOWN, "privateSubnetIds": [rpc.UNKNOWN]})
    made = {(c.type, c.name): c.parent_name for c in preview.engine.children.values()}
    assert made == CHILDREN
    assert state["kubeconfig"] == rpc.UNKNOWN or "kubeconfig" not in state
    assert repr(preview.engine["main-eksCluster"].inputs["roleArn"]) == "<unknown>"


def test_options_of_the_component_reach_its_children(up: Update, inputs: dict[str, Any]) -> None:
    mine = "urn:pulumi:test::project::pulumi:providers:aws::mine::id-of-provider"
    built(up, inputs, protect=True, providers={"aws": mine})
    for child in ("main-eksCluster", "aws:eks/addon:Addon main-vpc-cni", f"{ROLE}-role"):
        request = up.engine[child].request
        assert request.protect
        assert request.provider == mine


def test_aliases_and_dependencies_stay_with_the_component(
    up: Update, inputs: dict[str, Any]
) -> None:
    old = "urn:pulumi:test::project::eks:index:Cluster::old"
    needed = "urn:pulumi:test::project::aws:kms/key:Key::needed"
    built(up, inputs, aliases=[Alias(urn=old)], dependencies=[needed])
    component = up.engine[f"{CLUSTER} main"]
    assert [alias.urn for alias in component.request.aliases] == [old]
    assert component.depends_on == {"needed"}
