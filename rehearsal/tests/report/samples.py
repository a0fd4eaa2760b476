"""A small deployment in the form of the engine's exported state."""

from typing import Any

PREFIX = "urn:pulumi:dev::p::"
STACK = f"{PREFIX}pulumi:pulumi:Stack::p-dev"


def component(type_: str, name: str, parent: str = STACK) -> dict[str, Any]:
    return {"urn": f"{PREFIX}{type_}::{name}", "type": type_, "custom": False, "parent": parent}


def resource(
    type_: str, name: str, parent: str, *dependencies: str, **outputs: Any
) -> dict[str, Any]:
    return {
        "urn": f"{PREFIX}{type_}::{name}",
        "type": type_,
        "custom": True,
        "id": f"id-of-{name}",
        "parent": parent,
        "dependencies": list(dependencies),
        "outputs": outputs,
    }


def urn(state: dict[str, Any]) -> str:
    return str(state["urn"])


NETWORK = component("p:net:Network", "network")
VPC = resource("aws:ec2/vpc:Vpc", "network-vpc", urn(NETWORK))
BUCKET = component("p:data:Bucket", "data")
S3 = resource("aws:s3/bucket:Bucket", "data-bucket", urn(BUCKET), bucket="data-1234")
STORAGE = component("p:storage:LustreStorage", "storage")
LUSTRE = resource(
    "aws:fsx/lustreFileSystem:LustreFileSystem", "fs", urn(STORAGE), urn(VPC), urn(S3)
)
TRAINING = component("p:training:Training", "training")
INNER = component("p:training:TrainingJob", "digits", urn(TRAINING))
JOB = resource("kubernetes:x/v1:TrainingJob", "digits-job", urn(INNER), urn(LUSTRE), urn(S3))

DEPLOYMENT = {
    "resources": [
        {"urn": STACK, "type": "pulumi:pulumi:Stack", "custom": False},
        {"urn": f"{PREFIX}pulumi:providers:aws::default", "type": "pulumi:providers:aws"},
        *(NETWORK, VPC, BUCKET, S3, STORAGE, LUSTRE, TRAINING, INNER, JOB),
    ]
}


def step(
    state: dict[str, Any], begin: float, seconds: float, *, op: str = "create", failed: bool = False
) -> dict[str, Any]:
    times = {"begin": begin, "seconds": seconds}
    return {"urn": state["urn"], "op": op, "custom": state["custom"], "failed": failed, **times}
