"""The three patterns of storage are there when a stack switches them on, and not else."""

import json
from typing import Any

import pytest

from tests.mocks import Deployment
from tests.program.conftest import Deploy, prefix

KINDS = {
    "modelRepository": ":ModelRepository",
    "checkpoints": ":Checkpoints",
    "distributedDataset": ":DistributedDataset",
}


def children(deployment: Deployment) -> list[str]:
    """All that the patterns consist of."""
    return [each.name for each in deployment.resources if each.name.startswith("patterns-")]


def pod(deployment: Deployment, name: str) -> Any:
    """The pod of a Job or a Deployment."""
    (found,) = [each for each in deployment.resources if each.name == name]
    return found.inputs["spec"]["template"]["spec"]


def test_a_stack_that_says_nothing_of_patterns_has_nothing_of_them(
    dev: Deployment, prod: Deployment
) -> None:
    for stack in (dev, prod):
        assert children(stack) == []
        assert "modelEndpoints" not in stack.exports


@pytest.mark.parametrize("pattern", KINDS)
def test_a_pattern_is_absent_unless_it_is_switched_on(
    pattern: str, deployed: Deploy, patterns: Deployment
) -> None:
    without = deployed("patterns", {f"patterns.{pattern}": None})
    assert len(patterns.of_type(KINDS[pattern])) == 1
    assert without.of_type(KINDS[pattern]) == []
    assert {each for each in KINDS.values() if without.of_type(each)} == {*KINDS.values()} - {
        KINDS[pattern]
    }, "none takes another one with it"


def test_a_person_is_told_where_models_answer(patterns: Deployment) -> None:
    assert patterns.exports["modelEndpoints"] == {"digits": "http://model-digits.training.svc"}


def test_pods_that_train_read_the_dataset_where_the_link_shows_it(patterns: Deployment) -> None:
    for job in ("patterns-checkpoints-job-job", "patterns-distributed-job-job"):
        (trainer,) = pod(patterns, job)["containers"]
        words = trainer["args"]
        linked = prefix(patterns).removeprefix("datasets/")
        assert words[words.index("--train") + 1] == f"/data/{linked}/train"
        assert patterns.exports["datasets"] == {"digits": f"/data/{linked}"}, "told to people, too"


def test_pods_that_train_read_the_dataset_where_it_is_copied(deployed: Deploy) -> None:
    efs = deployed("patterns", {"storage.backend": "efs"})
    (trainer,) = pod(efs, "patterns-distributed-job-job")["containers"]
    words = trainer["args"]
    assert words[words.index("--train") + 1] == f"/data/{prefix(efs)}/train"
    zones = pod(efs, "patterns-distributed-job-job")["affinity"]["nodeAffinity"]
    assert "us-west-2b" in json.dumps(zones), "EFS is in every zone"


def test_pods_that_train_wait_until_the_dataset_can_be_read(
    deployed: Deploy, patterns: Deployment
) -> None:
    efs = deployed("patterns", {"storage.backend": "efs"})
    for stack, brings in ((patterns, "mount-imports-"), (efs, "mount-copies-")):
        for name in ("patterns-checkpoints-job-job", "patterns-distributed-job-job"):
            waited = stack.waits_for(stack.one(":Job", name))
            assert any(each.name.startswith(brings) for each in waited)


def test_checkpoints_are_written_where_a_node_group_has_disks_of_its_own(
    patterns: Deployment,
) -> None:
    wanted = pod(patterns, "patterns-checkpoints-job-job")["nodeSelector"]
    (group,) = [
        each
        for each in patterns.of_type(":ManagedNodeGroup")
        if wanted.items() <= each.inputs["labels"].items()
    ]
    assert group.inputs["labels"]["eks-ml-storage/instance-store"] == "true"
    assert len(group.inputs["taints"]) == 1


def test_the_model_served_is_the_one_that_the_training_job_makes(patterns: Deployment) -> None:
    job = patterns.one("v1alpha1:TrainingJob")
    output = job.inputs["spec"]["outputDataConfig"]["s3OutputPath"]
    (container,) = pod(patterns, "patterns-models-digits-cache-job-job")["containers"]
    name = patterns.exports["trainingJobs"]["digits"]
    assert container["args"][0] == f"{output}/{name}/output/model.tar.gz"
    cache = patterns.one(":Job", "patterns-models-digits-cache-job-job")
    assert job in patterns.waits_for(cache)


def test_patterns_go_before_the_claims_they_read(patterns: Deployment) -> None:
    claim = patterns.one(":PersistentVolumeClaim")
    users = [each for each in patterns.of_type(":Job") if each.name.startswith("patterns-")]
    for each in (*users, *patterns.of_type(":Deployment")):
        assert claim.urn in patterns.waits_in_the_end_for(each), each.name


def test_training_jobs_wait_for_no_pattern(patterns: Deployment) -> None:
    ours = {each.urn for each in patterns.resources if each.name.startswith("patterns")}
    for job in patterns.of_type("v1alpha1:TrainingJob"):
        assert not patterns.waits_in_the_end_for(job) & ours


def test_pods_that_trained_do_not_train_again_in_one_more_zone(deployed: Deploy) -> None:
    efs: dict[str, Any] = {"storage.backend": "efs"}
    zones = ["us-west-2a", "us-west-2b", "us-west-2c"]
    before, after = (deployed("patterns", one) for one in (efs, {**efs, "network.zones": zones}))
    for job in ("patterns-checkpoints-job-job", "patterns-distributed-job-job"):
        first, second = (each.one(":Job", job) for each in (before, after))
        assert first.inputs["metadata"]["name"] == second.inputs["metadata"]["name"]
        assert list(second.options.ignoreChanges) == ["spec"], "a Job cannot be changed"


def test_pods_train_again_on_other_data_and_with_other_parameters(deployed: Deploy) -> None:
    def name(**changes: Any) -> Any:
        settings = {f"patterns.distributedDataset.{key}": each for key, each in changes.items()}
        made = deployed("patterns", settings)
        return made.one(":Job", "patterns-distributed-job-job").inputs["metadata"]["name"]

    assert len({name(), name(workers=2), name(hyperParameters={"num_round": "60"})}) == 3
