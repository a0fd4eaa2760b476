"""Training on new data, in the stack that has it switched on, and in those that have not."""

import json
from typing import Any

import pytest

from components.training.batch_template import BATCH
from tests.mocks import Deployment, names
from tests.program.conftest import Deploy, prefix

NAME = "training-on-new-data"
BUCKET = "s3/bucket:Bucket"
WITH_IT: list[tuple[str, dict[str, Any]]] = [
    ("dev", {}),
    ("dev", {"storage.backend": "fsx"}),
    ("prod", {"training.onNewData": {"job": "digits"}}),
    ("dev", {"storage.backend": "s3files"}),
]
"""Stacks that train on new data, on each storage."""


def named(deployment: Deployment) -> list[str]:
    """Return the names of the resources of training on new data."""
    return [each.name for each in deployment.resources if each.name.startswith(NAME)]


def pod(deployment: Deployment) -> Any:
    """The pod that makes jobs."""
    found = deployment.one(":Deployment", f"{NAME}-deployment")
    return found.inputs["spec"]["template"]["spec"]


def in_inbox(deployment: Deployment) -> tuple[str, str]:
    """The bucket and the prefix where a person is told to put new data."""
    bucket, _, prefix = deployment.exports["inbox"].removeprefix("s3://").partition("/")
    return bucket, prefix


def template(deployment: Deployment) -> Any:
    """Return the template of a batch's job."""
    data = deployment.one(":ConfigMap", f"{NAME}-template").inputs["data"]
    return json.loads(data["template.json"])


def test_it_is_absent_unless_it_is_switched_on(deployed: Deploy, dev: Deployment) -> None:
    assert named(dev)
    off = deployed("dev", {"training.onNewData": None})
    assert named(off) == []
    for kind in (":Queue", ":QueuePolicy", ":BucketNotification", ":Deployment"):
        assert off.of_type(kind) == []
    assert names(off.of_type(BUCKET)) == ["data-bucket"]
    assert "inbox" not in off.exports


@pytest.mark.parametrize("changes", WITH_IT, ids=["efs", "fsx", "prod's", "s3files"])
def test_it_never_touches_the_notifications_of_the_data_bucket(
    deployed: Deploy, changes: tuple[str, dict[str, Any]]
) -> None:
    made = deployed(*changes)
    notified = made.one(":BucketNotification").inputs["bucket"]
    assert notified == in_inbox(made)[0]
    assert notified != made.exports["bucket"]


def test_one_line_switches_dev_to_fsx_with_automatic_import(deployed: Deploy) -> None:
    switched = deployed("dev", {"storage.backend": "fsx"})
    assert named(switched)
    assert switched.one(":LustreFileSystem").inputs["autoImportPolicy"] == "NEW_CHANGED_DELETED"


def test_the_switch_leaves_what_came_in_where_it_is(deployed: Deploy, dev: Deployment) -> None:
    switched = deployed("dev", {"storage.backend": "fsx"})
    assert switched.exports["inbox"] == dev.exports["inbox"]
    for each in dev.resources:
        if each.name.startswith((f"{NAME}-inbox", f"{NAME}-events")):
            assert switched.one(each.type, each.name).inputs == each.inputs


def test_it_listens_where_new_data_is_to_be_put(dev: Deployment) -> None:
    (container,) = pod(dev)["containers"]
    given = dict(zip(container["args"][::2], container["args"][1::2], strict=True))
    (told,) = dev.one(":BucketNotification").inputs["queues"]
    bucket, folder = in_inbox(dev)
    assert folder == told["filterPrefix"] == "digits/"
    assert bucket == dev.one(":BucketPolicy", f"{NAME}-inbox-policy").inputs["bucket"]
    assert given["--incoming"] == dev.exports["inbox"]
    assert told["queueArn"].rsplit(":")[-1] == given["--queue"].rsplit("/")[-1]
    assert given["--dataset"] == f"s3://{dev.exports['bucket']}/{prefix(dev)}/"
    assert (given["--quiet"], given["--longest"], given["--keep"]) == ("10", "300", "3")


def test_it_reads_the_template_that_is_mounted(dev: Deployment) -> None:
    found = pod(dev)
    (container,) = found["containers"]
    words = container["args"]
    folder, _, file = words[words.index("--template") + 1].rpartition("/")
    mounts = {each["mountPath"]: each["name"] for each in container["volumeMounts"]}
    volumes = {each["name"]: each for each in found["volumes"]}
    config = dev.one(":ConfigMap", f"{NAME}-template").inputs
    assert volumes[mounts[folder]]["configMap"]["name"] == config["metadata"]["name"]
    assert file in config["data"]


def test_a_changed_job_is_another_template_and_so_restarts_the_pod(
    deployed: Deploy, dev: Deployment
) -> None:
    changed = deployed("dev", {"training.jobs.digits.hyperParameters.num_round": "60"})
    names = [
        each.one(":ConfigMap", f"{NAME}-template").inputs["metadata"]["name"]
        for each in (dev, changed)
    ]
    assert names[0] != names[1]


def test_a_batchs_job_is_the_stacks_job_on_other_data(dev: Deployment) -> None:
    own = dev.one("v1alpha1:TrainingJob").inputs["spec"]
    batch = template(dev)["spec"]
    differing = {key for key in own if own[key] != batch.get(key)}
    assert differing == {"trainingJobName", "inputDataConfig", "tags"}
    for channel in batch["inputDataConfig"]:
        source = channel["dataSource"]["fileSystemDataSource"]
        expected = f"/shared/batches/digits/{BATCH}/{channel['channelName']}"
        assert source["directoryPath"] == expected


def test_a_batch_is_read_below_what_lustre_calls_the_file_system(deployed: Deploy) -> None:
    switched = deployed("dev", {"storage.backend": "fsx"})
    source = template(switched)["spec"]["inputDataConfig"][0]["dataSource"]["fileSystemDataSource"]
    mount_name = switched.exports["mountName"]
    assert source["directoryPath"] == f"/{mount_name}/batches/digits/{BATCH}/train"


def test_the_pod_may_make_and_see_training_jobs_and_nothing_else(dev: Deployment) -> None:
    (rule,) = dev.one(":Role", f"{NAME}-role").inputs["rules"]
    assert rule == {
        "apiGroups": ["sagemaker.services.k8s.aws"],
        "resources": ["trainingjobs"],
        "verbs": ["create", "get", "list"],
    }
    binding = dev.one(":RoleBinding", f"{NAME}-role-binding").inputs
    (subject,) = binding["subjects"]
    assert subject["name"] == pod(dev)["serviceAccountName"]
    assert pod(dev)["automountServiceAccountToken"] is True


@pytest.mark.parametrize("changes", WITH_IT, ids=["efs", "fsx", "prod's", "s3files"])
def test_the_inbox_goes_only_where_the_data_bucket_may(
    deployed: Deploy, changes: tuple[str, dict[str, Any]]
) -> None:
    made = deployed(*changes)
    data, inbox = (made.one(BUCKET, f"{each}-bucket") for each in ("data", f"{NAME}-inbox"))
    assert inbox.inputs["forceDestroy"] == data.inputs["forceDestroy"]
    assert inbox.options.protect == data.options.protect == (changes[0] == "prod")


def test_the_pod_may_use_the_queue_and_read_one_prefix_of_each_bucket(dev: Deployment) -> None:
    policy = dev.one(":RolePolicy", f"{NAME}-identity-access-policy-0").inputs["policy"]
    queue, *reading = json.loads(policy)["Statement"]
    assert {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"} <= {
        *queue["Action"]
    }
    assert len(queue["Resource"]) == 1
    expected = [(in_inbox(dev)[0], "digits/*"), (dev.exports["bucket"], "datasets/digits/*")]
    assert reading == [
        statement
        for bucket, keys in expected
        for statement in (
            {
                "Effect": "Allow",
                "Action": ["s3:ListBucket"],
                "Resource": [f"arn:aws:s3:::{bucket}"],
                "Condition": {"StringLike": {"s3:prefix": [keys]}},
            },
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject"],
                "Resource": [f"arn:aws:s3:::{bucket}/{keys}"],
            },
        )
    ]


def test_the_pod_comes_after_all_it_needs(dev: Deployment) -> None:
    deployment = dev.one(":Deployment", f"{NAME}-deployment")
    needed = dev.waits_in_the_end_for(deployment)
    for kind in (":BucketNotification", ":RoleBinding", ":PersistentVolumeClaim"):
        assert dev.one(kind).urn in needed
    assert dev.one(":Release", "training-controller-release").urn in needed
    assert dev.one(":RolePolicy", f"{NAME}-identity-access-policy-0").urn in needed


def test_its_jobs_are_gone_before_the_controller_that_lets_go_of_them(dev: Deployment) -> None:
    (owner,) = template(dev)["metadata"]["ownerReferences"]
    role = dev.one(":Role", f"{NAME}-role")
    assert (owner["kind"], owner["name"]) == ("Role", role.inputs["metadata"]["name"])
    assert owner["blockOwnerDeletion"] is True
    controller = dev.one(":Release", "training-controller-release")
    assert controller.urn in dev.waits_in_the_end_for(role)


def test_there_is_one_pod_even_while_it_is_replaced(dev: Deployment) -> None:
    spec = dev.one(":Deployment", f"{NAME}-deployment").inputs["spec"]
    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


def test_what_it_writes_to_is_made_first(dev: Deployment) -> None:
    (first,) = pod(dev)["initContainers"]
    assert "/data/batches" in first["args"]


def test_the_role_is_waited_for_until_its_last_job_has_stopped(dev: Deployment) -> None:
    role = dev.one(":Role", f"{NAME}-role").options.customTimeouts
    job = dev.one("v1alpha1:TrainingJob").options.customTimeouts
    assert role.delete == job.delete == "15m", "deleting it is deleting the jobs that it owns"


def test_a_person_is_told_where_events_end_of_which_nothing_could_be_made(dev: Deployment) -> None:
    queue = dev.one(":Queue", f"{NAME}-events-queue").inputs
    dead = json.loads(queue["redrivePolicy"])["deadLetterTargetArn"].rsplit(":")[-1]
    assert dev.exports["inboxDeadLetters"].rsplit("/")[-1] == dead


def test_on_s3_files_a_job_waits_for_its_batch_to_be_in_the_bucket(
    deployed: Deploy, dev: Deployment
) -> None:
    files = deployed("dev", {"storage.backend": "s3files"})
    bucket = files.exports["bucket"]
    (container,) = pod(files)["containers"]
    arguments = [*container["args"]]
    place = f"s3://{bucket}/batches/digits/"
    assert arguments[arguments.index("--exported") + 1] == place
    channel = template(files)["spec"]["inputDataConfig"][0]["dataSource"]["s3DataSource"]
    assert channel["s3URI"] == f"{place}{BATCH}/train/"
    policy = files.one(":RolePolicy", f"{NAME}-identity-access-policy-0").inputs["policy"]
    assert "/batches/*" in policy, "it looks whether the batch is there"
    assert "--exported" not in pod(dev)["containers"][0]["args"], "jobs mount EFS"
