"""Containers, pods and Jobs of workloads, as the API server and Pod Security want them."""

from typing import Any

import kubernetes_validate
import pytest

from components.pods.job import WorkloadJob
from components.pods.templates import (
    LABELS,
    Mount,
    claim,
    container,
    directory_init_container,
    job_spec,
    pod_template,
)
from tests.mocks import Deployment, deploy
from workloads.errors import NON_RETRYABLE_EXIT_CODES

STORAGE = Mount("storage", "/data")


def job(**changes: Any) -> Deployment:
    """A Job with a pod that has everything."""

    def program() -> None:
        template = pod_template(
            "on-new-data",
            [container("on_new_data", "image:1", ["--once"], mounts=[STORAGE], **changes)],
            init_containers=[directory_init_container("image:1", STORAGE, ["models", "batches/a"])],
            volumes=[claim("storage", "shared")],
            service_account="reader",
            annotations={"eks-ml-storage/dataset-digest": changes.get("memory", "")},
        )
        WorkloadJob(
            "look",
            {
                "namespace": "training",
                "component": "on-new-data",
                "name_prefix": "look",
                "spec": job_spec(template, deadline_seconds=600),
            },
        )

    return deploy(program)


@pytest.fixture(scope="module")
def manifest() -> Any:
    return job().one(":Job").inputs


@pytest.fixture(scope="module")
def pod(manifest: Any) -> Any:
    return manifest["spec"]["template"]["spec"]


def test_the_api_server_takes_it_to_the_last_field(manifest: Any) -> None:
    kubernetes_validate.validate(manifest, "1.36", strict=True)


def test_a_container_runs_its_module_by_the_python_of_the_image(pod: Any) -> None:
    (main,) = pod["containers"]
    assert main["name"] == "on-new-data"
    assert main["command"] == ["python", "-m", "workloads.on_new_data"]
    assert main["args"] == ["--once"]


def test_pods_of_workloads_are_known_by_their_label(manifest: Any) -> None:
    labels = {**LABELS, "app.kubernetes.io/component": "on-new-data"}
    assert manifest["spec"]["template"]["metadata"]["labels"] == labels
    assert manifest["metadata"]["labels"] == labels


def test_the_work_is_done_as_pod_security_restricted_wants_it(pod: Any) -> None:
    (main,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 1000
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert main["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }


def test_every_container_can_write_temporary_files_and_nowhere_else(pod: Any) -> None:
    assert {"name": "tmp", "emptyDir": {}} in pod["volumes"]
    for each in (*pod["containers"], *pod["initContainers"]):
        assert {"name": "tmp", "mountPath": "/tmp", "readOnly": False} in each["volumeMounts"]
        assert each["securityContext"]["readOnlyRootFilesystem"] is True


def test_only_the_container_that_makes_directories_is_root(pod: Any) -> None:
    (first,) = pod["initContainers"]
    assert first["command"][-1] == "workloads.directories"
    assert first["args"] == ["/data/models", "/data/batches/a", "--owner", "1000:1000"]
    assert first["securityContext"]["runAsUser"] == 0
    assert first["securityContext"]["capabilities"]["drop"] == ["ALL"]


def test_the_reason_of_a_failure_shows_in_the_status(pod: Any) -> None:
    (main,) = pod["containers"]
    assert main["terminationMessagePolicy"] == "FallbackToLogsOnError"


def test_a_pod_gets_no_token_that_it_does_not_ask_for(pod: Any) -> None:
    assert pod["automountServiceAccountToken"] is False
    asking = pod_template("x", [], calls_kubernetes=True)["spec"]
    assert asking["automount_service_account_token"] is True


def test_nothing_is_tried_again_that_the_workloads_call_hopeless(manifest: Any) -> None:
    spec = manifest["spec"]
    first, second = spec["podFailurePolicy"]["rules"]
    assert first["action"] == "FailJob"
    assert sorted(first["onExitCodes"]["values"]) == sorted(NON_RETRYABLE_EXIT_CODES)
    assert second["action"] == "Ignore", "a node that goes is not the pod's fault"
    assert spec["template"]["spec"]["restartPolicy"] == "Never", "else there is no such policy"


def test_an_update_waits_longer_than_a_job_may_take() -> None:
    made = job().one(":Job")
    assert made.inputs["spec"]["activeDeadlineSeconds"] == 600
    assert made.options.customTimeouts.create == "1500s"


def test_another_specification_is_another_job_and_the_same_is_the_same() -> None:
    names = [
        job(**changes).one(":Job").inputs["metadata"]["name"]
        for changes in ({}, {"memory": "1Gi"}, {})
    ]
    assert names[0] == names[2]
    assert names[0] != names[1]
    assert all(name.startswith("look-") for name in names)


@pytest.mark.parametrize(("cpu", "threads"), [("250m", "1"), ("1", "1"), ("1.5", "2"), ("4", "4")])
def test_as_many_threads_compute_as_processors_were_asked_for(cpu: str, threads: str) -> None:
    assert {"name": "OMP_NUM_THREADS", "value": threads} in container("train", "i", cpu=cpu)["env"]


def test_variables_and_parts_of_volumes_reach_the_container() -> None:
    made = container(
        "train",
        "i",
        mounts=[Mount("s", "/x", read_only=True, sub_path="a")],
        environment={"A": "b"},
    )
    assert {"name": "A", "value": "b"} in made["env"]
    expected = {"name": "s", "mount_path": "/x", "read_only": True, "sub_path": "a"}
    assert expected in made["volume_mounts"]
