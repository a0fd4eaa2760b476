"""Several workers on one dataset: an indexed Job, spread, and a name for each worker."""

from typing import Any

import pytest

from components.patterns.distributed_dataset import DistributedDataset
from components.patterns.distributed_dataset_spec import DistributedDatasetSpec
from tests.components.patterns.samples import DATASET, TRAINING, arguments, assert_taken, pod
from tests.components.storage.samples import claim
from tests.mocks import Deployment, deploy


def workers(count: int = 3, file_system_id: str = "fs-1", **changes: Any) -> Deployment:
    spec = DistributedDatasetSpec(**{**TRAINING, "workers": count, **changes})
    return deploy(
        lambda: DistributedDataset(
            "d",
            {
                "spec": spec,
                "claim": claim(file_system_id=file_system_id),
                "dataset": DATASET,
                "image": "workloads:1",
                "zones": ["us-west-2a"],
            },
        )
    )


@pytest.fixture(scope="module")
def made() -> Deployment:
    return workers()


@pytest.fixture(scope="module")
def worker(made: Deployment) -> Any:
    (found,) = pod(made.one(":Job"))["containers"]
    return found


def test_the_api_server_takes_it_to_the_last_field(made: Deployment) -> None:
    assert_taken(made)


def test_all_workers_are_there_at_once_and_each_has_an_index(made: Deployment) -> None:
    spec = made.one(":Job").inputs["spec"]
    assert spec["completionMode"] == "Indexed"
    assert spec["completions"] == spec["parallelism"] == 3


def test_workers_are_spread_over_the_nodes_in_the_file_systems_zone(made: Deployment) -> None:
    found = pod(made.one(":Job"))
    (constraint,) = found["topologySpreadConstraints"]
    assert constraint["topologyKey"] == "kubernetes.io/hostname"
    assert constraint["whenUnsatisfiable"] == "DoNotSchedule"
    assert constraint["nodeTaintsPolicy"] == "Honor", "an empty node that repels them is no node"
    labels = made.one(":Job").inputs["spec"]["template"]["metadata"]["labels"]
    assert constraint["labelSelector"]["matchLabels"] == labels
    wanted = found["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    (term,) = wanted["nodeSelectorTerms"]
    assert term["matchExpressions"] == [
        {"key": "topology.kubernetes.io/zone", "operator": "In", "values": ["us-west-2a"]}
    ]


def test_every_worker_has_a_name_before_it_is_ready(made: Deployment) -> None:
    service, job = made.one(":Service").inputs, made.one(":Job")
    assert service["spec"]["clusterIP"] == "None"
    assert service["spec"]["publishNotReadyAddresses"] is True
    assert service["spec"]["selector"] == job.inputs["spec"]["template"]["metadata"]["labels"]
    assert pod(job)["subdomain"] == service["metadata"]["name"]
    assert made.one(":Service") in made.waits_for(job), "the first worker's name must resolve"


def test_the_tracker_is_the_first_worker_of_whatever_the_job_is_called(worker: Any) -> None:
    given = arguments(worker)
    assert given["--tracker-host"] == "$(JOB_NAME)-0.distributed-dataset.training.svc"
    assert given["--workers"] == "3"
    (variable,) = [each for each in worker["env"] if each["name"] == "JOB_NAME"]
    field = variable["valueFrom"]["fieldRef"]["fieldPath"]
    assert (variable["name"], field) == (
        "JOB_NAME",
        "metadata.labels['batch.kubernetes.io/job-name']",
    )


def test_workers_read_the_claim_and_write_to_two_directories_of_it_only(worker: Any) -> None:
    writable = {
        each["mountPath"]: each.get("subPath")
        for each in worker["volumeMounts"]
        if each["name"] == "storage" and not each["readOnly"]
    }
    assert writable.keys() == {"/opt/ml/model", "/opt/ml/checkpoints"}
    assert None not in writable.values()
    given = arguments(worker)
    assert given["--train"] == "/data/digits/train"
    assert given["--model-dir"] in writable
    assert given["--checkpoint-dir"] in writable


def test_the_directories_are_made_before_anything_mounts_them(made: Deployment) -> None:
    found = pod(made.one(":Job"))
    (first,), (worker,) = found["initContainers"], found["containers"]
    mounted = {f"/data/{each['subPath']}" for each in worker["volumeMounts"] if "subPath" in each}
    assert mounted == {each for each in first["args"] if each.startswith("/")}


def test_hyperparameters_reach_the_trainer(worker: Any) -> None:
    given = arguments(worker)
    assert (given["--num_round"], given["--eta"]) == ("50", "0.2")


def test_a_worker_that_is_lost_may_take_all_others_along_a_few_times(made: Deployment) -> None:
    assert made.one(":Job").inputs["spec"]["backoffLimit"] == 12
    assert workers(8).one(":Job").inputs["spec"]["backoffLimit"] == 32


def test_other_parameters_go_on_from_other_checkpoints() -> None:
    def where(deployment: Deployment) -> set[str]:
        (found,) = pod(deployment.one(":Job"))["containers"]
        return {each["subPath"] for each in found["volumeMounts"] if "subPath" in each}

    assert where(workers()) == where(workers(memory="2Gi"))
    assert where(workers()) != where(workers(hyper_parameters={"num_round": "60"}))


def test_another_file_system_is_trained_on_anew(made: Deployment) -> None:
    elsewhere = workers(file_system_id="fs-2").one(":Job").inputs["metadata"]["name"]
    assert elsewhere != made.one(":Job").inputs["metadata"]["name"]
