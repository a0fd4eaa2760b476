import json
import queue
import threading
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from rehearsal.clients.training_status import StatusFeed
from rehearsal.kubernetes.controllers.ack import training_job
from rehearsal.kubernetes.controllers.ack.training_job import FINALIZER, TrainingJobs, again_in
from rehearsal.kubernetes.controllers.kube import Key
from rehearsal.kubernetes.controllers.workqueue import PARKED
from tests.kubernetes.controllers.account import REGION, allow, trust
from tests.kubernetes.controllers.fake_kube import install
from tests.patience import PATIENCE

JOB = Key("TrainingJob", "team", "digits")
NAMESPACE, SERVICE_ACCOUNT = "ack-system", "ack-sagemaker-controller"
IMAGE = "246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.7-1"


@pytest.fixture
def aws(account, kube, cloud):
    """The controller, installed and with its rights, and an account that a job can run in."""
    account.cluster()
    account.bucket("data")
    execution = account.role("exec", trust("sagemaker.amazonaws.com"))
    passed = {"iam:PassedToService": "sagemaker.amazonaws.com"}
    account.pod_identity(
        NAMESPACE,
        SERVICE_ACCOUNT,
        allow("sagemaker:*"),
        allow("iam:PassRole", resource=execution, StringEquals=passed),
    )
    install(kube, "sagemaker-controller", NAMESPACE, SERVICE_ACCOUNT, env=environment())
    system = account.lustre()
    controller = TrainingJobs(kube, cloud)
    spec = specification(account, execution, system)
    kube.put("TrainingJob", "team", "digits", spec=spec)
    return SimpleNamespace(
        account=account, controller=controller, kube=kube, spec=spec, execution=execution
    )


def environment():
    tags = "services.k8s.aws/namespace=%K8S_NAMESPACE%,kro.run/kro-version=%KRO_VERSION%"
    return {"AWS_REGION": REGION, "ACK_RESOURCE_TAGS": tags, "DELETION_POLICY": "delete"}


def specification(account, execution, system):
    source = {
        "fileSystemID": system["FileSystemId"],
        "fileSystemType": "FSxLustre",
        "fileSystemAccessMode": "ro",
        "directoryPath": f"/{system['LustreConfiguration']['MountName']}/digits",
    }
    return {
        "trainingJobName": "digits",
        "roleARN": execution,
        "algorithmSpecification": {"trainingImage": IMAGE, "trainingInputMode": "File"},
        "inputDataConfig": [
            {"channelName": "train", "dataSource": {"fileSystemDataSource": source}}
        ],
        "outputDataConfig": {"s3OutputPath": "s3://data/models"},
        "resourceConfig": {
            "instanceType": "ml.m5.large",
            "instanceCount": 1,
            "volumeSizeInGB": 10,
        },
        "stoppingCondition": {"maxRuntimeInSeconds": 60},
        "vpcConfig": {
            "securityGroupIDs": [account.group],
            "subnets": account.subnets[:1],
        },
    }


def settle(aws, times=4):
    """Reconciles as the queue would, without its waits."""
    outcome = None
    for _ in range(times):
        outcome = aws.controller.reconcile(JOB)
        if outcome is None or outcome is PARKED or outcome > 0:
            break
    return outcome


def conditions(aws):
    status = aws.kube.get(JOB).get("status", {})
    return {one["type"]: one for one in status.get("conditions", [])}


def jobs(aws):
    sagemaker = aws.account.client("sagemaker")
    return sagemaker.list_training_jobs()["TrainingJobSummaries"]


def test_a_spec_becomes_a_training_job_and_its_state_the_status(aws):
    assert settle(aws) > 0, "a job that is not over is looked at again"
    status = aws.kube.get(JOB)["status"]
    assert status["ackResourceMetadata"] == {
        "arn": f"arn:aws:sagemaker:{REGION}:123456789012:training-job/digits",
        "ownerAccountID": "123456789012",
        "region": REGION,
        "partition": "aws",
    }
    assert status["trainingJobStatus"] == "InProgress"
    synced = conditions(aws)["ACK.ResourceSynced"]
    assert (synced["status"], synced["message"]) == (
        "False",
        "TrainingJob is in InProgress status.",
    )
    assert FINALIZER in aws.kube.get(JOB)["metadata"]["finalizers"]


def test_a_job_is_made_once_however_often_it_is_looked_at(aws):
    for _ in range(3):
        settle(aws)
    assert len(jobs(aws)) == 1


def test_the_job_carries_the_tags_of_the_charts_setting(aws):
    settle(aws)
    sagemaker = aws.account.client("sagemaker")
    arn = aws.kube.get(JOB)["status"]["ackResourceMetadata"]["arn"]
    tags = sagemaker.list_tags(ResourceArn=arn)["Tags"]
    assert tags == [{"Key": "services.k8s.aws/namespace", "Value": "team"}], "empty ones are left"


def test_nothing_happens_until_the_controller_is_installed(aws):
    aws.kube.delete(Key("Deployment", NAMESPACE, "sagemaker-controller"))
    assert settle(aws) is PARKED
    assert "status" not in aws.kube.get(JOB)


def test_a_controller_without_an_association_has_no_credentials_and_tries_again(aws):
    eks = aws.account.client("eks")
    found = eks.list_pod_identity_associations(clusterName="main")["associations"][0]
    eks.delete_pod_identity_association(clusterName="main", associationId=found["associationId"])
    assert settle(aws) > 0
    recoverable = conditions(aws)["ACK.Recoverable"]
    assert recoverable["status"] == "True"
    assert "no EKS Pod Identity association" in recoverable["message"]
    assert jobs(aws) == []


def test_a_role_that_may_not_be_passed_is_refused_in_awss_words_and_may_come_right(aws):
    aws.spec["roleARN"] = aws.account.role("another", trust("sagemaker.amazonaws.com"))
    aws.kube.patch(JOB, {"spec": aws.spec})
    assert settle(aws) > 0
    assert conditions(aws)["ACK.Recoverable"]["message"].startswith(
        "api error AccessDeniedException: User: arn:aws:sts::123456789012:assumed-role/"
    )
    assert (
        "iam:PassRole on resource: arn:aws:iam::123456789012:role/another"
        in (conditions(aws)["Ready"]["message"])
    )
    assert conditions(aws)["ACK.ResourceSynced"]["status"] == "Unknown"
    assert FINALIZER not in aws.kube.get(JOB)["metadata"].get("finalizers", [])
    aws.kube.patch(JOB, {"spec": {"roleARN": aws.execution}})
    settle(aws)
    assert conditions(aws)["ACK.Recoverable"]["status"] == "False"
    assert len(jobs(aws)) == 1


def test_a_file_system_that_is_not_there_is_refused_by_sagemaker(aws):
    channel = aws.spec["inputDataConfig"][0]
    channel["dataSource"]["fileSystemDataSource"]["fileSystemID"] = "fs-0000000000000dead"
    aws.kube.patch(JOB, {"spec": {"inputDataConfig": [channel]}})
    assert settle(aws) > 0
    assert "fs-0000000000000dead" in conditions(aws)["ACK.Recoverable"]["message"]


def test_a_spec_that_botocore_refuses_never_reaches_sagemaker(aws):
    aws.kube.patch(JOB, {"spec": {"inputDataConfig": [{"channelName": "train"}]}})
    settle(aws)
    message = conditions(aws)["ACK.Recoverable"]["message"]
    assert message.startswith("operation error SageMaker: CreateTrainingJob, 1 validation error")
    assert jobs(aws) == []


def test_a_job_that_somebody_else_made_is_not_taken_over(aws):
    settle(aws)
    metadata = aws.kube.get(JOB)["metadata"]
    aws.kube.patch(JOB, {"metadata": {**metadata, "finalizers": []}})
    assert settle(aws) is None, "only a change of the spec can help"
    assert "already exists but is not managed by ACK" in conditions(aws)["ACK.Terminal"]["message"]


def test_a_changed_spec_is_terminal_because_a_job_is_immutable(aws):
    settle(aws)
    aws.kube.patch(JOB, {"spec": {"stoppingCondition": {"maxRuntimeInSeconds": 61}}})
    settle(aws)
    terminal = conditions(aws)["ACK.Terminal"]
    assert (terminal["status"], terminal["message"]) == (
        "True",
        "only Warm Pool or Profiler can be updated",
    )
    aws.kube.patch(JOB, {"spec": {"stoppingCondition": {"maxRuntimeInSeconds": 60}}})
    settle(aws)
    assert conditions(aws)["ACK.Terminal"]["status"] == "False"


def test_deleting_the_object_stops_the_job_and_then_lets_it_go(aws):
    settle(aws)
    aws.kube.delete(JOB)
    for _ in range(4):
        aws.controller.reconcile(JOB)
    assert aws.kube.get(JOB) is None
    stopped = aws.account.client("sagemaker").describe_training_job(TrainingJobName="digits")
    assert stopped["TrainingJobStatus"] == "Stopped"


def rights(aws, *statements):
    """Gives the controller other rights than all of SageMaker's."""
    passing = allow("iam:PassRole", resource=aws.execution)
    document = {"Version": "2012-10-17", "Statement": [passing, *statements]}
    aws.account.client("iam").put_role_policy(
        RoleName=f"pods-{SERVICE_ACCOUNT}",
        PolicyName="inline",
        PolicyDocument=json.dumps(document),
    )


def test_a_controller_that_may_tag_jobs_only_while_it_creates_them_creates_them(aws):
    creating = {"sagemaker:TaggingAction": "CreateTrainingJob"}
    looking = ("sagemaker:DescribeTrainingJob", "sagemaker:CreateTrainingJob")
    rights(aws, allow(*looking), allow("sagemaker:AddTags", StringEquals=creating))
    settle(aws)
    assert len(jobs(aws)) == 1


def test_a_controller_stops_no_job_whose_tags_its_rights_do_not_name(aws):
    settle(aws)
    held = {"aws:ResourceTag/services.k8s.aws/namespace": "another"}
    rights(
        aws,
        allow("sagemaker:DescribeTrainingJob"),
        allow("sagemaker:StopTrainingJob", StringEquals=held),
    )
    controller = TrainingJobs(aws.kube, aws.controller._cloud)
    aws.kube.delete(JOB)
    for _ in range(4):
        controller.reconcile(JOB)
    assert aws.kube.get(JOB) is not None
    assert jobs(aws)[0]["TrainingJobStatus"] == "InProgress"


def test_a_tag_of_the_object_wins_over_the_same_one_of_the_charts_setting(aws):
    mine = {"key": "services.k8s.aws/namespace", "value": "mine"}
    aws.kube.patch(JOB, {"spec": {"tags": [mine]}})
    settle(aws)
    arn = aws.kube.get(JOB)["status"]["ackResourceMetadata"]["arn"]
    tags = aws.account.client("sagemaker").list_tags(ResourceArn=arn)["Tags"]
    assert tags == [{"Key": mine["key"], "Value": "mine"}]


@pytest.mark.parametrize("where", ["annotation", "chart"])
def test_a_retained_job_goes_on_without_its_object(aws, where):
    settle(aws)
    if where == "annotation":
        note = {"metadata": {"annotations": {training_job.DELETION_POLICY: "retain"}}}
        aws.kube.patch(JOB, note)
    else:
        aws.kube.delete(Key("Deployment", NAMESPACE, "sagemaker-controller"))
        env = environment() | {"DELETION_POLICY": "retain"}
        install(aws.kube, "sagemaker-controller", NAMESPACE, SERVICE_ACCOUNT, env=env)
        aws.controller = TrainingJobs(aws.kube, aws.controller._cloud)
    aws.kube.delete(JOB)
    aws.controller.reconcile(JOB)
    assert aws.kube.get(JOB) is None
    assert jobs(aws)[0]["TrainingJobStatus"] == "InProgress"


@pytest.fixture
def moves(environment):
    return StatusFeed(environment)


@pytest.fixture
def heard(aws, moves, monkeypatch):
    """The objects that the controller is told of, while it follows SageMaker."""
    monkeypatch.setattr(training_job, "FOLLOW_SECONDS", 0.2)
    keys, stop = queue.SimpleQueue(), threading.Event()
    aws.controller.changed = keys.put
    settle(aws)
    thread = threading.Thread(target=aws.controller.follow, args=(moves, stop))
    thread.start()
    assert keys.get(timeout=PATIENCE) == JOB, "at first it hears of every job"
    yield keys
    stop.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()


def advance(moves, status, secondary="", **told):
    moves.advance("digits", status, secondary or status, "", **told)


def test_a_move_of_the_job_is_in_the_status_as_soon_as_it_is_heard_of(aws, moves, heard):
    advance(moves, "InProgress", "Training")
    assert heard.get(timeout=PATIENCE) == JOB
    settle(aws)
    assert aws.kube.get(JOB)["status"]["secondaryStatus"] == "Training"
    advance(moves, "Failed", FailureReason="ClientError: there is no bucket")
    assert heard.get(timeout=PATIENCE) == JOB
    assert settle(aws) is None, "a job that is over is not looked at again"
    status = aws.kube.get(JOB)["status"]
    assert status["failureReason"] == "ClientError: there is no bucket"
    assert conditions(aws)["ACK.ResourceSynced"]["status"] == "True"


def test_the_model_of_a_completed_job_is_in_the_status(aws, moves):
    settle(aws)
    aws.account.client("s3").put_object(Bucket="data", Key="models/model.tar.gz", Body=b"model")
    artifacts = {"S3ModelArtifacts": "s3://data/models/model.tar.gz"}
    advance(moves, "Completed", ModelArtifacts=artifacts)
    settle(aws)
    status = aws.kube.get(JOB)["status"]
    assert status["trainingJobStatus"] == "Completed"
    assert status["modelArtifacts"] == {"s3ModelArtifacts": "s3://data/models/model.tar.gz"}


def test_an_attended_job_lets_its_object_go_only_when_its_runner_has_stopped_it(aws, moves):
    settle(aws)
    advance(moves, "InProgress", "Training")
    aws.kube.delete(JOB)
    for _ in range(3):
        aws.controller.reconcile(JOB)
    assert aws.kube.get(JOB) is not None
    advance(moves, "Stopped")
    aws.controller.reconcile(JOB)
    assert aws.kube.get(JOB) is None


def test_nothing_is_written_when_nothing_changed(aws):
    settle(aws)
    settle(aws)
    version = aws.kube.get(JOB)["metadata"]["resourceVersion"]
    settle(aws)
    assert aws.kube.get(JOB)["metadata"]["resourceVersion"] == version


@pytest.mark.parametrize(("age", "seconds"), [(0, 2.0), (30, 10.0), (86400, 300.0)])
def test_a_job_that_does_not_move_is_asked_after_less_and_less_often(age, seconds):
    moved = datetime.now(UTC) - timedelta(seconds=age)
    assert again_in({"CreationTime": moved, "LastModifiedTime": moved}) == pytest.approx(
        seconds, abs=0.5
    )
