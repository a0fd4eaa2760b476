"""One recording stand-in for Pulumi's engine and the providers, shared by the tests.

`deploy` runs a program against it and waits until nothing is left to register, so that a test
may also say what is *not* there. What is recorded is what the engine would get: inputs in the
wire's names, dependencies, parents and options.
"""

import asyncio
import json
import runpy
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import pulumi
import yaml
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct
from pulumi import ResourceTransformResult
from pulumi.runtime import mocks, rpc, settings
from pulumi.runtime.config import set_all_config
from pulumi.runtime.proto import resource_pb2
from pulumi.runtime.stack import run_in_stack

PROJECT = "eks-ml-storage"
ROOT = Path(__file__).resolve().parent.parent
REGION = "us-west-2"
ACCOUNT = "123456789012"
VPC = "vpc-0a1b2c3d4e5f00000"
"""VPC of a cluster that is there before a program runs."""
CLUSTER_GROUP = "sg-0e85c1a57e4000000"
KUBECONFIG = json.dumps(
    {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "aws",
        "users": [
            {"name": "aws", "user": {"exec": {"command": "aws", "args": ["eks", "get-token"]}}}
        ],
    }
)


@dataclass(frozen=True)
class Secret:
    """A value that the engine keeps encrypted."""

    value: Any


@dataclass(frozen=True)
class Registration:
    """A resource as the engine was told of it."""

    type: str
    name: str
    urn: str
    parent: str
    """URN of its parent."""
    inputs: Mapping[str, Any]
    dependencies: frozenset[str]
    """URNs of all it waits for, be it by its options or by its inputs."""
    options: Any
    """The whole request."""
    aliases: tuple[pulumi.Alias, ...] = ()
    """Its former URNs."""


@dataclass
class Deployment:
    """All that a program registered and exported."""

    resources: list[Registration] = field(default_factory=list)
    exports: dict[str, Any] = field(default_factory=dict)
    invokes: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    state: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Type and outputs of each resource by its URN, as the engine keeps them."""

    def of_type(self, suffix: str) -> list[Registration]:
        """The resources whose type ends with a suffix, as `:Subnet`."""
        return [each for each in self.resources if each.type.endswith(suffix)]

    def one(self, suffix: str, name: str | None = None) -> Registration:
        """The only resource of a type, or the one of a type and a name."""
        found = [each for each in self.of_type(suffix) if name in {None, each.name}]
        assert len(found) == 1, f"one {suffix} {name or ''} expected, got {names(found)}"
        return found[0]

    def by_urn(self, urn: str) -> Registration:
        """The resource with a URN."""
        return next(each for each in self.resources if each.urn == urn)

    def parent_of(self, registration: Registration) -> Registration | None:
        """The resource under which another one is; None right under the stack."""
        return next((each for each in self.resources if each.urn == registration.parent), None)

    def waits_for(self, registration: Registration) -> list[Registration]:
        """Return the resources that a resource waits for directly."""
        return [each for each in self.resources if each.urn in registration.dependencies]

    def waits_in_the_end_for(self, registration: Registration) -> set[str]:
        """URNs of all that a resource waits for, one way or another."""
        edges = {each.urn: each.dependencies for each in self.resources}
        reached: set[str] = set()
        pending = {*registration.dependencies}
        while pending:
            urn = pending.pop()
            reached.add(urn)
            pending |= edges.get(urn, frozenset()) - reached
        return reached


def names(registrations: Iterable[Registration]) -> list[str]:
    """Their logical names, sorted."""
    return sorted(each.name for each in registrations)


class CloudMocks(mocks.Mocks):
    """Outputs such as the providers would give, and the answers of the functions asked."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        token = sha256(f"{args.typ} {args.name}".encode()).hexdigest()
        added = OUTPUTS.get(args.typ, lambda *_: {})(token, args.inputs)
        outputs = {**args.inputs, **added}
        return str(outputs.pop("__id", f"{args.name}-{token[:7]}")), outputs

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        if args.token not in FUNCTIONS:
            raise AssertionError(f"no answer is known to {args.token}({args.args})")
        return FUNCTIONS[args.token](args.args), []


def _arn(service: str, resource: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"


def _file_system(service: str, token: str, **more: Any) -> dict[str, Any]:
    file_system_id = f"fs-{token[:17]}"
    return {
        "__id": file_system_id,
        "arn": _arn(service, f"file-system/{file_system_id}"),
        "dnsName": f"{file_system_id}.{service}.{REGION}.amazonaws.com",
        **more,
    }


def _bucket(token: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    name = inputs.get("bucket", f"data-{token[:7]}")
    return {"__id": name, "bucket": name, "arn": f"arn:aws:s3:::{name}"}


def _role(token: str, _: Mapping[str, Any]) -> dict[str, Any]:
    name = f"role-{token[:7]}"
    return {"__id": name, "name": name, "arn": f"arn:aws:iam::{ACCOUNT}:role/{name}"}


OUTPUTS: dict[str, Callable[[str, Mapping[str, Any]], dict[str, Any]]] = {
    "aws:ec2/eip:Eip": lambda token, _: {"allocationId": f"eipalloc-{token[:17]}"},
    "aws:ec2/launchTemplate:LaunchTemplate": lambda token, inputs: {
        "__id": f"lt-{token[:17]}",
        "latestVersion": 3,
    },
    "aws:ec2/natGateway:NatGateway": lambda token, _: {"__id": f"nat-{token[:17]}"},
    "aws:ec2/routeTable:RouteTable": lambda token, _: {"__id": f"rtb-{token[:17]}"},
    "aws:ec2/securityGroup:SecurityGroup": lambda token, _: {"__id": f"sg-{token[:17]}"},
    "aws:ec2/subnet:Subnet": lambda token, _: {
        "__id": f"subnet-{token[:17]}",
        "arn": _arn("ec2", f"subnet/subnet-{token[:17]}"),
    },
    "aws:ec2/vpc:Vpc": lambda token, _: {"__id": f"vpc-{token[:17]}"},
    "aws:efs/accessPoint:AccessPoint": lambda token, _: {"__id": f"fsap-{token[:17]}"},
    "aws:efs/fileSystem:FileSystem": lambda token, _: _file_system("elasticfilesystem", token),
    "aws:fsx/lustreFileSystem:LustreFileSystem": lambda token, _: _file_system(
        "fsx", token, mountName=token[:8]
    ),
    "aws:iam/role:Role": _role,
    "aws:kms/key:Key": lambda token, _: {
        "keyId": token[:17],
        "arn": _arn("kms", f"key/{token[:17]}"),
    },
    "aws:s3/bucket:Bucket": _bucket,
    "aws:s3/filesAccessPoint:FilesAccessPoint": lambda token, _: {"__id": f"fsap-{token[:17]}"},
    "aws:s3/filesFileSystem:FilesFileSystem": lambda token, _: _file_system("s3files", token),
    "aws:sqs/queue:Queue": lambda token, _: {
        "arn": _arn("sqs", f"queue-{token[:7]}"),
        "url": f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/queue-{token[:7]}",
    },
    "pulumi:index:Stash": lambda _, inputs: {"output": inputs["input"]},
    "eks:index:Cluster": lambda *_: {
        "kubeconfigJson": KUBECONFIG,
        "clusterSecurityGroupId": CLUSTER_GROUP,
    },
}
"""Outputs that a provider adds, from a token of the resource's own and the inputs."""


def _zones(_: Mapping[str, Any]) -> dict[str, Any]:
    letters = "abcd"
    return {
        "id": REGION,
        "names": [f"{REGION}{letter}" for letter in letters],
        "zoneIds": [f"usw2-az{number + 1}" for number in range(len(letters))],
    }


def _offerings(args: Mapping[str, Any]) -> dict[str, Any]:
    wanted = args.get("filters", [{"values": ["m6i.large"]}])[0]["values"]
    pairs = [(each, zone) for each in wanted for zone in _zones(args)["names"]]
    return {
        "id": REGION,
        "instanceTypes": [each for each, _ in pairs],
        "locations": [zone for _, zone in pairs],
        "locationTypes": ["availability-zone"] * len(pairs),
    }


def _with_disks(args: Mapping[str, Any]) -> dict[str, Any]:
    wanted = next(each["values"] for each in args["filters"] if each["name"] == "instance-type")
    return {"id": REGION, "instanceTypes": [one for one in wanted if one.split(".")[0][-1] == "d"]}


BUCKET_OBJECTS: dict[str, str] = {}
"""Contents of objects that are in any bucket before a program runs, by key."""

FUNCTIONS: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:ec2/getInstanceTypes:getInstanceTypes": _with_disks,
    "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": _offerings,
    "aws:cloudwatch/getLogGroups:getLogGroups": lambda _: {"id": REGION, "logGroupNames": []},
    "aws:eks/getAddonVersion:getAddonVersion": lambda args: {
        "id": args["addonName"],
        "version": f"v{args['kubernetesVersion']}.1-newest-{args['addonName']}",
    },
    "aws:eks/getCluster:getCluster": lambda args: {
        "id": args["name"],
        "name": args["name"],
        "vpcConfig": {"vpcId": VPC, "clusterSecurityGroupId": CLUSTER_GROUP},
    },
    "aws:eks/getClusters:getClusters": lambda _: {"id": REGION, "names": []},
    "aws:eks/getClusterVersions:getClusterVersions": lambda _: {
        "id": REGION,
        "clusterVersions": [
            {"clusterVersion": version, "versionStatus": "STANDARD_SUPPORT"}
            for version in ("1.36", "1.35", "1.34")
        ],
    },
    "aws:ecr/getImage:getImage": lambda args: {"id": args["imageTag"], **args},
    "aws:index/getCallerIdentity:getCallerIdentity": lambda _: {
        "id": ACCOUNT,
        "accountId": ACCOUNT,
        "arn": f"arn:aws:iam::{ACCOUNT}:user/deployer",
    },
    "aws:index/getPartition:getPartition": lambda _: {
        "id": "aws",
        "partition": "aws",
        "dnsSuffix": "amazonaws.com",
    },
    "aws:index/getRegion:getRegion": lambda _: {"id": REGION, "region": REGION},
    "aws:s3/getObject:getObject": lambda args: {
        "id": args["key"],
        "contentLength": len(BUCKET_OBJECTS[args["key"]]),
        "etag": sha256(BUCKET_OBJECTS[args["key"]].encode()).hexdigest()[:32],
    },
    "aws:s3/getObjects:getObjects": lambda args: {
        "id": args["bucket"],
        "keys": [key for key in sorted(BUCKET_OBJECTS) if key.startswith(args["prefix"])],
    },
    "aws:s3/getBucket:getBucket": lambda args: {
        "id": args["bucket"],
        "bucket": args["bucket"],
        "arn": f"arn:aws:s3:::{args['bucket']}",
    },
    "aws:sagemaker/getPrebuiltEcrImage:getPrebuiltEcrImage": lambda args: {
        "id": "246618743249",
        "registryPath": (
            f"246618743249.dkr.ecr.{REGION}.amazonaws.com/"
            f"{args['repositoryName']}:{args['imageTag']}"
        ),
    },
}


INSIDE: dict[str, tuple[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "eks:index:Cluster": (
        "aws:eks/cluster:Cluster",
        lambda state: {
            "name": state.get("name", "made-up"),
            "vpcConfig": {"subnetIds": state.get("privateSubnetIds", [])},
        },
    ),
    "eks:index:ManagedNodeGroup": (
        "aws:eks/nodeGroup:NodeGroup",
        lambda state: {"subnetIds": state["subnetIds"]},
    ),
}
"""The resource inside a component of pulumi-eks that has the component's name, by its state."""


class RecordingMonitor(mocks.MockMonitor):
    """The engine's side of the protocol: runs the stack's transforms and records the rest."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        super().__init__(CloudMocks())
        self.deployment = Deployment()
        self.before = state

    def RegisterResource(self, request: Any) -> Any:
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == "pulumi:pulumi:Stack":
            return resource_pb2.RegisterResourceResponse(urn=urn)
        inputs, aliases = self._transformed(request, plain(request.object))
        if "input" in request.ignoreChanges and not request.HasField("replacement_trigger"):
            first = self.before.get(urn, {}).get("outputs", {"output": inputs["input"]})
            inputs = {"input": first["output"]}
        id_, state = self.mocks.new_resource(
            mocks.MockResourceArgs(request.type, request.name, inputs, custom=request.custom)
        )
        if request.type == "eks:index:Cluster":
            inner = self.make_urn(urn, INSIDE[request.type][0], request.name)
            state["eksCluster"] = {rpc._special_sig_key: rpc._special_resource_sig, "urn": inner}
        self.deployment.resources.append(_registration(request, urn, inputs, aliases))
        self._keep(urn, request, state)
        return resource_pb2.RegisterResourceResponse(
            urn=urn, id=id_ if request.custom else "", object=ParseDict(state, Struct())
        )

    def ReadResource(self, request: Any) -> Any:
        urn = self.make_urn(request.parent, request.type, request.name)
        _, state = self.mocks.new_resource(
            mocks.MockResourceArgs(
                request.type, request.name, plain(request.properties), resource_id=request.id
            )
        )
        self.deployment.state[urn] = {"type": request.type, "outputs": state}
        return resource_pb2.ReadResourceResponse(urn=urn, properties=ParseDict(state, Struct()))

    def _keep(self, urn: str, request: Any, state: Mapping[str, Any]) -> None:
        """Remember a resource as the engine does, and the one inside a component of pulumi-eks."""
        self.deployment.state[urn] = {"type": request.type, "outputs": state}
        if request.type in INSIDE:
            type_, outputs = INSIDE[request.type]
            inner = self.make_urn(urn, type_, request.name)
            self.deployment.state[inner] = {"type": type_, "outputs": outputs(state)}

    def RegisterResourceOutputs(self, request: Any) -> Any:
        if request.urn.split("::")[2] == "pulumi:pulumi:Stack":
            # Twice: the stack that the mocks make by themselves says that it has none.
            self.deployment.exports.update(plain(request.outputs))
        return super().RegisterResourceOutputs(request)

    def Invoke(self, request: Any) -> Any:
        args = plain(request.args)
        self.deployment.invokes.append((request.tok, args))
        if request.tok == "pulumi:pulumi:getResource":
            found = self.deployment.state[args["urn"]]["outputs"]
            answer: Any = {"urn": args["urn"], "id": "made-up", "state": found}
        elif request.tok.startswith("pulumi:pulumi:readStack"):
            # As the engine does for a program that takes no references to resources.
            answer = {"outputs": _plain(self.before)}
        else:
            answer, _ = self.mocks.call(mocks.MockCallArgs(request.tok, args, request.provider))
        return resource_pb2.ResourceInvokeResponse(**{"return": ParseDict(answer, Struct())})

    def _transformed(
        self, request: Any, inputs: dict[str, Any]
    ) -> tuple[dict[str, Any], tuple[pulumi.Alias, ...]]:
        """Return the inputs and the aliases after the transforms of the stack."""
        aliases: list[pulumi.Alias] = []
        for transform in self.get_registered_transforms():
            result = transform(
                pulumi.ResourceTransformArgs(
                    custom=request.custom,
                    type_=request.type,
                    name=request.name,
                    props=inputs,
                    opts=pulumi.ResourceOptions(),
                )
            )
            if isinstance(result, ResourceTransformResult):
                inputs = dict(result.props)
                aliases += [
                    one for one in result.opts.aliases or () if isinstance(one, pulumi.Alias)
                ]
        return inputs, tuple(aliases)


def plain(struct: Struct) -> dict[str, Any]:
    """Return a message of the protocol as plain values."""
    return {key: _plain(value) for key, value in MessageToDict(struct).items()}


def _plain(value: Any) -> Any:
    """A value without the protocol's wrappings: a resource is its URN, a secret what it hides."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, Mapping):
        return value
    match value.get(rpc._special_sig_key):
        case rpc._special_resource_sig:
            return value["urn"]
        case rpc._special_secret_sig:
            return Secret(_plain(value["value"]))
        case _:
            return {key: _plain(each) for key, each in value.items()}


def _registration(
    request: Any, urn: str, inputs: Mapping[str, Any], aliases: tuple[pulumi.Alias, ...]
) -> Registration:
    """A request to register a resource, as tests see it."""
    by_property = (deps.urns for deps in request.propertyDependencies.values())
    # A resource given to a remote component is waited for, though not told as a dependency.
    given = (value for value in inputs.values() if str(value).startswith("urn:pulumi:"))
    return Registration(
        type=request.type,
        name=request.name,
        urn=urn,
        parent=request.parent,
        inputs=inputs,
        dependencies=frozenset(request.dependencies).union(given, *by_property),
        options=request,
        aliases=(*aliases, *_given_aliases(request)),
    )


def _given_aliases(request: Any) -> Iterable[pulumi.Alias]:
    """Yield the aliases that a resource was registered with."""
    for alias in request.aliases:
        if alias.spec.parentUrn:
            yield pulumi.Alias(parent=alias.spec.parentUrn)


def deploy(
    program: Callable[[], Any],
    *,
    project: str = PROJECT,
    stack: str = "test",
    state: Mapping[str, Any] | None = None,
) -> Deployment:
    """Run a program to its end, and answer with all it registered.

    Args:
        program: Registers resources.
        project: The name of the project.
        stack: The name of the stack.
        state: What the update before this one left, as in `Deployment.state`.
    """
    monitor = RecordingMonitor(state or {})

    def run() -> None:
        program()

    async def main() -> None:
        mocks.set_mocks(
            monitor.mocks,
            project,
            stack,
            preview=False,
            monitor=monitor,
            organization="organization",
        )
        settings.set_root_resource(None)  # type: ignore[arg-type] # the stack that mocks make
        await run_in_stack(run)

    with asyncio.Runner() as runner:
        runner.run(main())
    return monitor.deployment


def deploy_stack(
    stack: str,
    overrides: Mapping[str, Any] | None = None,
    state: Mapping[str, Any] | None = None,
) -> Deployment:
    """Run the real `__main__.py` with a shipped stack file.

    Args:
        stack: dev or prod.
        overrides: Values to set, by their path below the project as in `storage.backend`.
        state: What the update before this one left, as in `Deployment.state`.
    """
    config = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    deployer = {"cluster.publicAccessCidrs": ["192.31.196.1/32"]}
    for path, value in (deployer | {**(overrides or {})}).items():
        *sections, key = path.split(".")
        section = config
        for depth, part in enumerate(sections):
            section = section.setdefault(part if depth else f"{PROJECT}:{part}", {})
        section[key if sections else f"{PROJECT}:{key}"] = value
    return deploy_file(ROOT / "__main__.py", config, stack=stack, state=state)


def deploy_file(
    file: Path,
    config: Mapping[str, Any],
    *,
    project: str = PROJECT,
    stack: str = "test",
    state: Mapping[str, Any] | None = None,
) -> Deployment:
    """Run the file of a program with a config.

    Args:
        file: The program's `__main__.py`.
        config: Values by their full keys, such as aws:region.
        project: The name of the project.
        stack: The name of the stack.
        state: What the update before this one left, as in `Deployment.state`.
    """
    text = {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()
    }

    def program() -> None:
        set_all_config(text)
        runpy.run_path(str(file), run_name="__main__")

    try:
        return deploy(program, project=project, stack=stack, state=state)
    finally:
        set_all_config({})
