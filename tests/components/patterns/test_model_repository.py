"""Models on shared storage: brought once, read by every server."""

import json
from typing import Any

import pulumi
import pytest

from components.patterns.model_repository import ModelRepository
from components.patterns.model_repository_spec import ModelRepositorySpec, ModelSpec
from components.patterns.model_server_spec import ModelServerSpec
from components.patterns.prefix_content import ListedObject, objects_digest
from components.patterns.resources_spec import ResourcesSpec
from components.spec.errors import SpecError
from tests.components.patterns.samples import assert_taken, group, pod
from tests.components.storage.samples import claim
from tests.mocks import BUCKET_OBJECTS, Deployment, deploy
from workloads.download import listing_digest
from workloads.downloads.sources import Item

SERVER = ModelServerSpec(replicas=2)
VLLM = ModelServerSpec(
    image="vllm/vllm-openai:v0.11.0",
    args=("--model", "/opt/ml/model"),
    port=8000,
    health_path="/health",
    resources=ResourcesSpec(
        requests={"cpu": "4", "nvidia.com/gpu": "1"}, limits={"nvidia.com/gpu": "1"}
    ),
    node_group="scratch",
)


class Job(pulumi.ComponentResource):
    """Stands for a training job that SageMaker has taken."""

    def __init__(self, job_name: str) -> None:
        super().__init__("test:index:TrainingJob", "job", {})
        self.job_name = pulumi.Output.from_input(job_name)
        opts = pulumi.ResourceOptions(parent=self)
        pulumi.CustomResource("test:index:Job", "submitted", {}, opts)


def repository(run: str = "dev-digits-1", **model: Any) -> Deployment:
    spec = ModelRepositorySpec(
        models={"m": ModelSpec(**{"wait_seconds": 600, "server": SERVER, **model})}
    )

    def program() -> None:
        job: Any = Job(run)
        made = ModelRepository(
            "r",
            {
                "spec": spec,
                "claims": {each: claim(each) for each in ("training", "serving")},
                "namespace": "training",
                "cluster_name": "ml-test",
                "image": "workloads:1",
                "bucket_name": "data",
                "bucket_arn": "arn:aws:s3:::data",
                "bucket_key_access": [],
                "node_groups": {"scratch": group()},
                "training_jobs": {"digits": job},
            },
        )
        pulumi.export("endpoints", made.endpoints)

    return deploy(program)


@pytest.fixture(scope="module")
def made() -> Deployment:
    return repository(job="digits")


def bringing(deployment: Deployment) -> Any:
    (container,) = pod(deployment.one(":Job", "r-m-cache-job-job"))["containers"]
    return container


def serving(deployment: Deployment) -> Any:
    (container,) = pod(deployment.one(":Deployment"))["containers"]
    return container


def test_the_api_server_takes_it_to_the_last_field(made: Deployment) -> None:
    assert_taken(made)
    assert_taken(repository(prefix="models/m/", server=VLLM))


def test_what_the_training_job_packs_is_brought_and_unpacked(made: Deployment) -> None:
    assert bringing(made)["args"] == [
        "s3://data/models/digits/dev-digits-1/output/model.tar.gz",
        "/data/models/m/dev-digits-1",
        "--wait",
        "600",
        "--extract",
    ]


def test_a_model_that_nobody_trains_is_not_waited_for(made: Deployment) -> None:
    assert made.one("test:index:Job") in made.waits_for(made.one(":Job", "r-m-cache-job-job"))
    alone = repository(prefix="models/m/")
    job = alone.one(":Job", "r-m-cache-job-job")
    assert alone.one("test:index:Job") not in alone.waits_for(job)


def test_a_model_trained_anew_has_a_directory_of_its_own(made: Deployment) -> None:
    newer = repository(run="dev-digits-2", job="digits")
    for deployment, run in ((made, "dev-digits-1"), (newer, "dev-digits-2")):
        mounts = {each["mountPath"]: each for each in serving(deployment)["volumeMounts"]}
        assert mounts["/opt/ml/model"]["subPath"] == f"models/m/{run}"
        assert mounts["/opt/ml/model"]["readOnly"] is True
    jobs = {
        each.one(":Job", "r-m-cache-job-job").inputs["metadata"]["name"] for each in (made, newer)
    }
    assert len(jobs) == 2


def test_servers_start_when_the_files_are_there(made: Deployment) -> None:
    assert made.one(":Job", "r-m-cache-job-job") in made.waits_for(made.one(":Deployment"))


def test_the_cache_may_read_the_models_of_that_job_and_nothing_else(made: Deployment) -> None:
    listing, reading = json.loads(made.one(":RolePolicy").inputs["policy"])["Statement"]
    assert listing["Condition"] == {"StringLike": {"s3:prefix": ["models/digits/*"]}}
    assert reading["Resource"] == ["arn:aws:s3:::data/models/digits/*"]
    assert reading["Action"] == ["s3:GetObject"]


def test_servers_have_no_permissions_at_all(made: Deployment) -> None:
    found = pod(made.one(":Deployment"))
    assert "serviceAccountName" not in found
    assert found["automountServiceAccountToken"] is False


def test_the_service_finds_the_servers_of_its_model(made: Deployment) -> None:
    service, deployment = made.one(":Service").inputs, made.one(":Deployment").inputs
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert service["spec"]["selector"] == labels == deployment["spec"]["selector"]["matchLabels"]
    assert labels["eks-ml-storage/model"] == "m"
    (port,) = service["spec"]["ports"]
    assert port["targetPort"] in {each["name"] for each in serving(made)["ports"]}
    assert made.exports["endpoints"] == {"m": "http://model-m.training.svc"}


def test_a_server_is_asked_for_its_health_where_it_listens(made: Deployment) -> None:
    server = serving(made)
    assert server["ports"] == [{"name": "http", "containerPort": 8080}]
    for probe in ("readinessProbe", "startupProbe", "livenessProbe"):
        assert server[probe]["httpGet"] == {"path": "/ping", "port": "http"}
    assert server["args"][-2:] == ["--port", "8080"]


def test_a_model_of_many_gib_may_take_half_an_hour_to_load(made: Deployment) -> None:
    probe = serving(made)["startupProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] >= 1800


def test_only_pods_of_our_image_bear_the_name_of_our_workloads(made: Deployment) -> None:
    def name(deployment: Deployment) -> Any:
        labels = deployment.one(":Deployment").inputs["spec"]["template"]["metadata"]["labels"]
        return labels["app.kubernetes.io/name"]

    assert name(made) == "eks-ml-workloads"
    assert name(repository(prefix="models/m/", server=VLLM)) == "m"


def test_another_image_gets_its_own_command_line_its_gpu_and_its_nodes() -> None:
    other = repository(prefix="models/m/", server=VLLM)
    server, found = serving(other), pod(other.one(":Deployment"))
    assert server["image"] == "vllm/vllm-openai:v0.11.0"
    assert "command" not in server
    assert server["args"] == ["--model", "/opt/ml/model"]
    assert server["resources"]["limits"] == {"nvidia.com/gpu": "1"}
    assert server["readinessProbe"]["httpGet"]["path"] == "/health"
    assert found["nodeSelector"] == {"eks-ml-storage/node-group": "nodes-scratch"}
    (model,) = server["volumeMounts"]
    assert model["readOnly"] is True


def test_files_under_a_prefix_are_brought_as_they_are() -> None:
    source, target, *_ = bringing(repository(prefix="models/m/"))["args"]
    assert source == "s3://data/models/m/"
    assert target.startswith("/data/models/m/")


def test_another_content_of_a_prefix_is_another_version_and_is_brought(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def version() -> tuple[str, str]:
        """Return the directory that the servers read, and the name of the Job that fills it."""
        made = repository(prefix="models/m/")
        _, target, *_ = bringing(made)["args"]
        (model,) = [each for each in serving(made)["volumeMounts"] if "subPath" in each]
        assert target == f"/data/{model['subPath']}"
        name: str = made.one(":Job", "r-m-cache-job-job").inputs["metadata"]["name"]
        return target, name

    def put(key: str, content: str) -> tuple[str, str]:
        monkeypatch.setitem(BUCKET_OBJECTS, key, content)
        return version()

    first = put("models/m/weights.bin", "abc")
    assert put("models/m/folder/", "") == first, "no file"
    assert put("models/other/weights.bin", "abc") == first, "not of this prefix"
    versions = {first, put("models/m/weights.bin", "abd"), put("models/m/config.json", "{}")}
    assert len(versions) == 3
    assert len({target for target, _ in versions}) == 3
    assert len({name for _, name in versions}) == 3


def test_program_and_workload_agree_on_the_digest_of_a_listing() -> None:
    seen = [("b/weights", 3, "e1"), ("a", 0, "e2"), ("a b", 1, "e3")]
    items = [Item(name, etag, size, None) for name, size, etag in seen]
    assert objects_digest(ListedObject(*each) for each in seen) == listing_digest(items)
    assert objects_digest([]) == "", "whatever comes is waited for"


def test_a_model_is_served_where_it_is_wanted() -> None:
    elsewhere = repository(job="digits", namespace="serving")
    for kind in (":Deployment", ":Service", ":ServiceAccount"):
        assert elsewhere.one(kind).inputs["metadata"]["namespace"] == "serving"
    assert elsewhere.exports["endpoints"] == {"m": "http://model-m.serving.svc"}


def test_wrong_models_are_refused_with_all_their_errors_in_the_words_of_the_config() -> None:
    with pytest.raises(SpecError) as caught:
        ModelRepositorySpec(
            models={
                "Mine": ModelSpec(job="digits", prefix="models/x/"),
                "theirs": ModelSpec(prefix="/models/x"),
            }
        )
    text = str(caught.value)
    for sentence in (
        "ModelRepositorySpec has 3 errors.",
        "ModelRepositorySpec.models.Mine\n     rule:   must be at most 40 lower-case letters",
        "ModelRepositorySpec.models.Mine\n     rule:   must have a job, a prefix or a model",
        "ModelRepositorySpec.models.theirs.prefix\n     rule:   must be a prefix of",
    ):
        assert sentence in text
