"""Checkpoints on a node's own disks: brought back, written, followed to the bucket."""

import json
from typing import Any

import pytest

from components.patterns.checkpoints import Checkpoints
from components.patterns.checkpoints_spec import CheckpointsSpec
from tests.components.patterns.samples import (
    DATASET,
    TRAINING,
    arguments,
    assert_taken,
    group,
    pod,
)
from tests.components.storage.samples import claim
from tests.mocks import Deployment, deploy

SETTINGS: dict[str, Any] = {
    **TRAINING,
    "node_group": "scratch",
    "interval_seconds": 10,
    "keep_local": 2,
    "keep_remote": 5,
    "scratch_size_gib": 20,
}


def checkpoints(**changes: Any) -> Deployment:
    def program() -> None:
        Checkpoints(
            "c",
            {
                "spec": CheckpointsSpec(**{**SETTINGS, **changes}),
                "claim": claim(),
                "dataset": DATASET,
                "image": "workloads:1",
                "cluster_name": "ml-test",
                "bucket_name": "data",
                "bucket_arn": "arn:aws:s3:::data",
                "bucket_key_access": [],
                "node_group": group(),
            },
        )

    return deploy(program)


@pytest.fixture(scope="module")
def made() -> Deployment:
    return checkpoints()


@pytest.fixture(scope="module")
def found(made: Deployment) -> Any:
    return pod(made.one(":Job"))


def mounted(container: Any, volume: str) -> list[str]:
    return [each["mountPath"] for each in container["volumeMounts"] if each["name"] == volume]


def test_the_api_server_takes_it_to_the_last_field(made: Deployment) -> None:
    assert_taken(made)


def test_the_newest_is_brought_back_before_training_and_followed_beside_it(found: Any) -> None:
    _, restore, follow = found["initContainers"]
    assert restore["args"][0] == "restore"
    assert "restartPolicy" not in restore, "it ends before training begins"
    assert follow["args"][0] == "follow"
    assert follow["restartPolicy"] == "Always", "a native sidecar ends after the training"
    assert restore["args"][1:3] == follow["args"][1:3]


def test_trainer_and_copy_share_a_volume_on_the_nodes_own_disks(found: Any) -> None:
    volume = next(each for each in found["volumes"] if each["name"] == "checkpoints")
    assert volume["emptyDir"] == {"sizeLimit": "20Gi"}
    _, restore, follow = found["initContainers"]
    (trainer,) = found["containers"]
    where = arguments(trainer)["--checkpoint-dir"]
    for each in (restore, follow, trainer):
        assert mounted(each, "checkpoints") == [where]
    assert follow["args"][1] == where


def test_it_runs_where_there_are_such_disks_with_room_on_them(found: Any) -> None:
    assert found["nodeSelector"] == {"eks-ml-storage/node-group": "nodes-scratch"}
    assert found["tolerations"] == [
        {"key": "scratch", "operator": "Equal", "value": "true", "effect": "NoSchedule"}
    ]
    (trainer,) = found["containers"]
    assert trainer["resources"]["requests"]["ephemeral-storage"] == "20Gi"


def test_a_node_that_goes_leaves_time_for_the_last_copy(found: Any) -> None:
    assert found["terminationGracePeriodSeconds"] >= 60


def test_the_model_goes_to_the_shared_storage_which_is_else_read_only(found: Any) -> None:
    (trainer,) = found["containers"]
    parts = {
        each["mountPath"]: (each["readOnly"], each.get("subPath"))
        for each in trainer["volumeMounts"]
        if each["name"] == "storage"
    }
    model = arguments(trainer)["--model-dir"]
    assert parts == {"/data": (True, None), model: (False, "trained/checkpoints")}


def test_the_pods_may_keep_checkpoints_under_one_prefix_and_nothing_else(
    made: Deployment, found: Any
) -> None:
    statements = json.loads(made.one(":RolePolicy").inputs["policy"])["Statement"]
    listing, reading, writing = statements
    prefix = found["initContainers"][1]["args"][2].removeprefix("s3://data/")
    assert listing["Condition"] == {"StringLike": {"s3:prefix": [f"{prefix}*"]}}
    assert reading["Resource"] == writing["Resource"] == [f"arn:aws:s3:::data/{prefix}*"]
    assert set(writing["Action"]) == {
        "s3:PutObject",
        "s3:DeleteObject",
        "s3:AbortMultipartUpload",
    }


def test_the_job_waits_for_its_permissions(made: Deployment) -> None:
    waited = made.waits_for(made.one(":Job"))
    for kind in (":ServiceAccount", ":PodIdentityAssociation", ":RolePolicy"):
        assert made.one(kind) in waited


def test_what_is_kept_is_what_the_settings_say(found: Any) -> None:
    for each in found["initContainers"][1:]:
        given = dict(zip(each["args"][3::2], each["args"][4::2], strict=True))
        assert given == {"--interval": "10", "--keep-local": "2", "--keep-remote": "5"}


def test_training_with_other_parameters_goes_on_from_other_checkpoints() -> None:
    def location(deployment: Deployment) -> str:
        uri: str = pod(deployment.one(":Job"))["initContainers"][1]["args"][2]
        return uri

    assert location(checkpoints()) == location(checkpoints(cpu="1"))
    assert location(checkpoints()) != location(checkpoints(hyper_parameters={"num_round": "9"}))
