"""Amazon SageMaker's training jobs.

A job is checked as CreateTrainingJob checks it and then waits, Pending: nothing here trains. A
runner outside may move it on (see `advance`); no job claims an end or a model it does not have.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlparse

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.efs.models import efs_backends
from moto.fsx.models import fsx_backends
from moto.s3.models import s3_backends
from moto.sagemaker.models import sagemaker_backends
from moto.sagemaker.responses import SageMakerResponse

from . import identity, interfaces
from .extension import use_responses
from .fsx.models import FSx
from .service import Refusal, Service

IMAGE = re.compile(r"\d{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/.+")
ENDED = ("Completed", "Failed", "Stopped")
WAITING = "The rehearsal has accepted the job. It does not run training jobs by itself."
NOT_DESCRIBED = ("Tags", "SessionChainingConfig", "ModelPackageConfig")


def install() -> None:
    """Puts these calls before moto's."""
    use_responses("sagemaker", SageMakerResponses, path="/$")


@dataclass(eq=False)
class TrainingJob:
    """A training job, with the attributes that moto's own calls look at."""

    description: dict[str, Any]
    tags: list[dict[str, str]]

    @property
    def arn(self) -> str:
        """Its ARN."""
        return str(self.description["TrainingJobArn"])

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.description["TrainingJobStatus"] in ENDED

    def move(self, status: str, secondary: str, message: str) -> None:
        """Brings it to a state, and notes when."""
        now = utcnow()
        transitions = self.description["SecondaryStatusTransitions"]
        if transitions:
            transitions[-1]["EndTime"] = now
        transitions.append({"Status": secondary, "StartTime": now, "StatusMessage": message})
        self.description |= {
            "TrainingJobStatus": status,
            "SecondaryStatus": secondary,
            "LastModifiedTime": now,
        }
        if status in ENDED:
            self.description["TrainingEndTime"] = now
            transitions[-1]["EndTime"] = now


class SageMakerResponses(Service, SageMakerResponse):
    """moto's calls of SageMaker, with training jobs of our own."""

    NAME = "sagemaker"

    @property
    def jobs(self) -> dict[str, TrainingJob]:
        """The region's training jobs, by name."""
        return cast(dict[str, TrainingJob], self.sagemaker_backend.training_jobs)

    def create_training_job(self) -> ActionResult:
        """Accepts a job with a new name, if what it refers to is there."""
        name = self.given["TrainingJobName"]
        arn = f"arn:{self.partition}:sagemaker:{self.region}:{self.current_account}:training-job/"
        if name in self.jobs:
            raise Refusal(
                "ResourceInUse",
                "Training job names must be unique within an AWS account and region, and a "
                f"training job with this name already exists ({arn}{name})",
            )
        self._check_references()
        given = {key: value for key, value in self.given.items() if key not in NOT_DESCRIBED}
        now = utcnow()
        made = {
            "TrainingJobArn": f"{arn}{name}",
            "CreationTime": now,
            "SecondaryStatusTransitions": [],
        }
        job = TrainingJob(given | made, self.given.get("Tags") or [])
        job.move("InProgress", "Starting", "Starting the training job")
        job.move("InProgress", "Pending", WAITING)
        self.jobs[name] = job
        return ActionResult({"TrainingJobArn": job.arn})

    def describe_training_job(self) -> ActionResult:
        """Describes a job."""
        job = self._job()
        if job.description["TrainingJobStatus"] == "Stopping":
            job.move("Stopped", "Stopped", "Training job stopped")
        return ActionResult(job.description)

    def list_training_jobs(self) -> ActionResult:
        """The jobs, newest first, by status or part of the name."""
        status, part = self.given.get("StatusEquals"), self.given.get("NameContains", "")
        summaries = [
            job.description
            for name, job in reversed(self.jobs.items())
            if part in name and status in {None, job.description["TrainingJobStatus"]}
        ]
        return self.page("TrainingJobSummaries", summaries)

    def stop_training_job(self) -> ActionResult:
        """Stops a job that is not over."""
        job = self._job()
        if job.ended:
            raise _invalid(
                "The request was rejected because the training job is in status "
                f"{job.description['TrainingJobStatus']}."
            )
        job.move("Stopping", "Stopping", "Stopping the training job")
        return EmptyResult()

    def delete_training_job(self) -> ActionResult:
        """Deletes a job that is over."""
        job = self._job()
        if not job.ended:
            raise Refusal(
                "ResourceInUse", f"The training job {job.arn} is not in a terminal status."
            )
        del self.jobs[self.given["TrainingJobName"]]
        return EmptyResult()

    def _job(self) -> TrainingJob:
        if found := self.jobs.get(self.given["TrainingJobName"]):
            return found
        raise _invalid("Requested resource not found.")

    def _check_references(self) -> None:
        role = identity.find_role(self.current_account, self.given["RoleArn"])
        if role is None or not identity.trusts(role, "sagemaker.amazonaws.com"):
            raise _invalid(
                f"Could not assume role {self.given['RoleArn']}. Please ensure that the role "
                "exists and allows principal 'sagemaker.amazonaws.com' to assume the role."
            )
        self._check_image()
        self._check_bucket(self.given["OutputDataConfig"]["S3OutputPath"])
        self._check_network()
        for channel in self.given.get("InputDataConfig") or []:
            if source := channel["DataSource"].get("FileSystemDataSource"):
                self._check_file_system(channel["ChannelName"], source)

    def _check_image(self) -> None:
        algorithm = self.given["AlgorithmSpecification"]
        if ("TrainingImage" in algorithm) == ("AlgorithmName" in algorithm):
            raise _invalid("Either TrainingImage or AlgorithmName is required, and not both.")
        image = algorithm.get("TrainingImage")
        if image is None:
            return
        match = IMAGE.fullmatch(image)
        if match is None or match["region"] != self.region:
            raise _invalid(f"The training image {image} is not in Amazon ECR in {self.region}.")

    def _check_bucket(self, path: str) -> None:
        name = urlparse(path).netloc
        if name not in s3_backends[self.current_account][self.partition].buckets:
            raise _invalid(f"S3 bucket {name} of the path {path} does not exist.")

    def _check_network(self) -> None:
        vpc = self.given.get("VpcConfig")
        if vpc is None:
            return
        ec2 = interfaces.network(self.current_account, self.region)
        subnets = [interfaces.find_subnet(ec2, subnet_id) for subnet_id in vpc["Subnets"]]
        vpc_ids = {subnet.vpc_id for subnet in subnets if subnet}
        if not all(subnets) or len(vpc_ids) != 1:
            raise _invalid(f"The subnets {', '.join(vpc['Subnets'])} must exist, in one VPC.")
        groups = ec2.groups[vpc_ids.pop()]
        if missing := [one for one in vpc["SecurityGroupIds"] if one not in groups]:
            raise _invalid(f"The security group {missing[0]} does not exist in the VPC.")

    def _check_file_system(self, channel: str, source: dict[str, str]) -> None:
        """The file system is there, a job in a VPC can reach it, and the path can be one of its."""
        if "VpcConfig" not in self.given:
            raise _invalid(f"Channel {channel} reads a file system: VpcConfig is required.")
        file_system_id, path = source["FileSystemId"], source["DirectoryPath"]
        root = self._root_of(source["FileSystemType"], file_system_id)
        if root is None:
            raise _invalid(
                f"File system {file_system_id} of type {source['FileSystemType']} does not exist."
            )
        if path != root.rstrip("/") and not path.startswith(root):
            raise _invalid(
                f"DirectoryPath {path} of channel {channel} must start with {root}, the mount name "
                f"of {file_system_id}."
            )

    def _root_of(self, type_: str, file_system_id: str) -> str | None:
        """What every path of a file system starts with, if there is such a file system."""
        if type_ == "EFS":
            systems = efs_backends[self.current_account][self.region].file_systems_by_id
            return "/" if file_system_id in systems else None
        fsx = cast(FSx, fsx_backends[self.current_account][self.region])
        found = fsx.file_systems.get(file_system_id)
        return f"/{found.lustre['MountName']}/" if found else None


def advance(account_id: str, name: str, change: dict[str, Any]) -> dict[str, Any]:
    """Moves a training job on, as whoever runs it says.

    Args:
        account_id: The account.
        name: The job's name.
        change: TrainingJobStatus and SecondaryStatus, and what else of DescribeTrainingJob's
            answer changes; StatusMessage says why.

    Returns:
        The job's statuses now.

    Raises:
        LookupError: There is no such job.
        ValueError: The change lacks a status, or the job is over, or would be Completed without
            a model that exists.
    """
    job = _find(account_id, name)
    status, secondary = change.get("TrainingJobStatus"), change.get("SecondaryStatus")
    if not status or not secondary:
        raise ValueError("TrainingJobStatus and SecondaryStatus are required.")
    if job.ended:
        raise ValueError(f"The training job {name} is {job.description['TrainingJobStatus']}.")
    artifact = (change.get("ModelArtifacts") or {}).get("S3ModelArtifacts", "")
    if status == "Completed" and not _object_exists(account_id, artifact):
        raise ValueError(f"A completed job has its model in S3; there is none at {artifact!r}.")
    rest = (
        "ModelArtifacts",
        "FailureReason",
        "FinalMetricDataList",
        "BillableTimeInSeconds",
        "TrainingTimeInSeconds",
    )
    job.description |= {key: change[key] for key in rest if key in change}
    if secondary == "Training":
        job.description.setdefault("TrainingStartTime", utcnow())
    job.move(status, secondary, change.get("StatusMessage", secondary))
    return {"TrainingJobName": name, "TrainingJobStatus": status, "SecondaryStatus": secondary}


def _find(account_id: str, name: str) -> TrainingJob:
    for backend in sagemaker_backends[account_id].values():
        jobs = backend.training_jobs
        if name in jobs:
            return cast(TrainingJob, jobs[name])
    raise LookupError(f"There is no training job {name}.")


def _object_exists(account_id: str, path: str) -> bool:
    url = urlparse(path)
    bucket = s3_backends[account_id]["aws"].buckets.get(url.netloc)
    return bucket is not None and url.path.lstrip("/") in bucket.keys


def _invalid(message: str) -> Refusal:
    return Refusal("ValidationException", message)
