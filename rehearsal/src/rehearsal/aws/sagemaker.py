"""Training jobs of Amazon SageMaker.

A job is validated as CreateTrainingJob does, and then is Pending until a runner takes it (see
`training_jobs`): no code of this package trains.
"""

from __future__ import annotations

import re
from typing import Any, cast
from urllib.parse import urlparse

from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow
from moto.ec2.models.instance_types import INSTANCE_TYPES
from moto.efs.models import efs_backends
from moto.fsx.models import fsx_backends
from moto.s3.models import s3_backends
from moto.sagemaker.responses import SageMakerResponse

from rehearsal.aws import identity, interfaces, keys
from rehearsal.aws.fsx.models import FSx
from rehearsal.aws.replacement import use_responses
from rehearsal.aws.service import Refusal, Service
from rehearsal.aws.training_jobs import TrainingJob

IMAGE = re.compile(r"\d{12}\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/.+")
WAITING = "The rehearsal has accepted the job, which waits for what runs training jobs here."
LONGEST_RUN_SECONDS = 28 * 86_400
"""Source: SageMaker API Reference, StoppingCondition, MaxRuntimeInSeconds."""
MOST_VOLUME_GB = 16_384
NOT_DESCRIBED = ("Tags", "SessionChainingConfig", "ModelPackageConfig")


def install() -> None:
    """Route SageMaker's API calls to this class before moto's."""
    use_responses("sagemaker", SageMakerResponses, path="/$")


class SageMakerResponses(Service, SageMakerResponse):
    """SageMaker's API calls: those of moto, with another implementation of training jobs."""

    NAME = "sagemaker"

    @property
    def jobs(self) -> dict[str, TrainingJob]:
        """Training jobs of the Region, by name."""
        return cast(dict[str, TrainingJob], self.sagemaker_backend.training_jobs)

    def create_training_job(self) -> ActionResult:
        """Create a job with a new name, if everything that it refers to exists."""
        name = self.given["TrainingJobName"]
        arn = f"arn:{self.partition}:sagemaker:{self.region}:{self.current_account}:training-job/"
        if name in self._names_used():
            raise Refusal(
                "ResourceInUse",
                "Training job names must be unique within an AWS account and region, and a "
                f"training job with this name already exists ({arn}{name})",
            )
        self._check_times()
        self._check_resources()
        self._check_volume()
        self._check_channels()
        self._check_options()
        self._check_keys()
        self._check_references()
        given = {key: value for key, value in self.given.items() if key not in NOT_DESCRIBED}
        now = utcnow()
        made = {
            "TrainingJobArn": f"{arn}{name}",
            "CreationTime": now,
            "SecondaryStatusTransitions": [],
        }
        job = TrainingJob(given | made, self.given.get("Tags") or [])
        job.set_status("InProgress", "Starting", "Starting the training job")
        job.set_status("InProgress", "Pending", WAITING)
        self.jobs[name] = job
        return ActionResult({"TrainingJobArn": job.arn})

    def describe_training_job(self) -> ActionResult:
        """Describe a job."""
        job = self._job()
        if job.status == "Stopping" and not job.attended:
            job.set_status("Stopped", "Stopped", "Training job stopped")
        return ActionResult(job.description)

    def list_training_jobs(self) -> ActionResult:
        """List the jobs, the newest first, by status or by a part of the name."""
        status, part = self.given.get("StatusEquals"), self.given.get("NameContains", "")
        summaries = [
            job.description
            for name, job in reversed(self.jobs.items())
            if part in name and status in {None, job.status}
        ]
        return self.page("TrainingJobSummaries", summaries)

    def stop_training_job(self) -> ActionResult:
        """Stop a job that has not ended."""
        job = self._job()
        if job.ended:
            raise _invalid(
                f"The request was rejected because the training job is in status {job.status}."
            )
        job.set_status("Stopping", "Stopping", "Stopping the training job")
        return EmptyResult()

    def delete_training_job(self) -> ActionResult:
        """Delete a job that has ended."""
        job = self._job()
        if not job.ended:
            raise Refusal(
                "ResourceInUse", f"The training job {job.arn} is not in a terminal status."
            )
        used = self._names_used() | {job.description["TrainingJobName"]}
        vars(self.sagemaker_backend)["training_job_names_used"] = used
        del self.jobs[self.given["TrainingJobName"]]
        return EmptyResult()

    def _names_used(self) -> set[str]:
        """Return every name that a job ever had, because SageMaker accepts a name only once."""
        forgotten: set[str] = vars(self.sagemaker_backend).get("training_job_names_used", set())
        return forgotten | {*self.jobs}

    def _job(self) -> TrainingJob:
        if found := self.jobs.get(self.given["TrainingJobName"]):
            return found
        raise _invalid("Requested resource not found.")

    def _check_times(self) -> None:
        """Raise an error unless the time limits of a job fit together.

        Sources: SageMaker API Reference, StoppingCondition; the answer of SageMaker in
        https://github.com/Kenza-AI/sagify/issues/111, after which the other words are made.
        """
        condition, spot = (
            self.given["StoppingCondition"],
            self.given.get("EnableManagedSpotTraining"),
        )
        runtime = condition.get("MaxRuntimeInSeconds", 86_400)
        wait = condition.get("MaxWaitTimeInSeconds")
        if runtime > LONGEST_RUN_SECONDS:
            raise _invalid(
                f"Invalid MaxRuntimeInSeconds {runtime}. It must be less than or equal to "
                f"{LONGEST_RUN_SECONDS}"
            )
        if wait is not None and not spot:
            raise _invalid(
                "Invalid MaxWaitTimeInSeconds. It is only supported when "
                "EnableManagedSpotTraining is set to true"
            )
        if spot and wait is None:
            raise _invalid(
                "Invalid MaxWaitTimeInSeconds. MaxWaitTimeInSeconds is required when "
                "EnableManagedSpotTraining is set to true"
            )
        if wait is not None and wait < runtime:
            raise _invalid(
                "Invalid MaxWaitTimeInSeconds. It must be present and be greater than or equal to "
                "MaxRuntimeInSeconds"
            )

    def _check_resources(self) -> None:
        """Raise an error unless a job has either an instance type or groups of instances.

        Source: SageMaker API Reference, ResourceConfig.
        """
        resources = self.given["ResourceConfig"]
        single = {"InstanceType", "InstanceCount"} & resources.keys()
        if bool(single) == bool(resources.get("InstanceGroups")):
            raise _invalid(
                "Either InstanceType and InstanceCount or InstanceGroups is required in "
                "ResourceConfig, and not both."
            )
        if (resources.get("VolumeSizeInGB") or 0) > MOST_VOLUME_GB:
            raise _invalid(f"Invalid VolumeSizeInGB. It must be at most {MOST_VOLUME_GB}")

    def _check_channels(self) -> None:
        names = [channel["ChannelName"] for channel in self.given.get("InputDataConfig") or []]
        if len({*names}) < len(names):
            raise _invalid(f"Channel names must be unique, got: {', '.join(names)}")
        default = self.given["AlgorithmSpecification"].get("TrainingInputMode", "File")
        for channel in self.given.get("InputDataConfig") or []:
            check_channel(channel, channel.get("InputMode") or default)

    def _check_options(self) -> None:
        """Raise an error for options that exclude each other.

        Sources: SageMaker API Reference, ResourceConfig (VolumeKmsKeyId); Developer Guide,
        "SageMaker AI Managed Warm Pools" (no spot instances). The words are ours.
        """
        resources = self.given["ResourceConfig"]
        type_ = str(resources.get("InstanceType", ""))
        facts = INSTANCE_TYPES.get(type_.removeprefix("ml."))
        if resources.get("VolumeKmsKeyId") and facts and "InstanceStorageInfo" in facts:
            raise _invalid(
                f"VolumeKmsKeyId is not supported for {type_}, which has local instance storage"
            )
        spot = self.given.get("EnableManagedSpotTraining")
        if resources.get("KeepAlivePeriodInSeconds") and spot:
            raise _invalid(
                "KeepAlivePeriodInSeconds is not supported with EnableManagedSpotTraining"
            )

    def _check_volume(self) -> None:
        """Raise an error for an instance without local disks and without a volume.

        Source: SageMaker API Reference, ResourceConfig, VolumeSizeInGB. The words are ours.
        """
        resources = self.given["ResourceConfig"]
        type_ = str(resources.get("InstanceType", ""))
        facts = INSTANCE_TYPES.get(type_.removeprefix("ml."))
        if facts and "InstanceStorageInfo" not in facts and not resources.get("VolumeSizeInGB"):
            raise _invalid(
                f"Invalid VolumeSizeInGB. {type_} has no storage of its own: it must be 1 or more"
            )

    def _check_keys(self) -> None:
        resources, output = self.given["ResourceConfig"], self.given["OutputDataConfig"]
        for named in (resources.get("VolumeKmsKeyId"), output.get("KmsKeyId")):
            try:
                _ = named and keys.resolve(self.current_account, self.region, named)
            except keys.KeyNotFoundError as error:
                raise _invalid(f"Invalid KMS key {named}: {error}") from error

    def _check_references(self) -> None:
        role = identity.find_role(self.current_account, self.given["RoleArn"])
        if role is None or not identity.trusts(role, "sagemaker.amazonaws.com"):
            raise _invalid(
                f"Could not assume role {self.given['RoleArn']}. Please ensure that the role "
                "exists and allows principal 'sagemaker.amazonaws.com' to assume the role."
            )
        self._check_image()
        self._check_bucket(self.given["OutputDataConfig"]["S3OutputPath"])
        if checkpoints := self.given.get("CheckpointConfig"):
            self._check_bucket(checkpoints["S3Uri"])
        self._check_network()
        for channel in self.given.get("InputDataConfig") or []:
            if source := channel["DataSource"].get("FileSystemDataSource"):
                self._check_file_system(channel["ChannelName"], source)
            if source := channel["DataSource"].get("S3DataSource"):
                self._check_objects(source["S3Uri"])

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
        region = s3_backends[self.current_account][self.partition].buckets[name].region_name
        if region != self.region:
            raise _invalid(f"The S3 bucket {name} is in {region}, and the job in {self.region}.")

    def _check_objects(self, path: str) -> None:
        url = urlparse(path)
        bucket = s3_backends[self.current_account][self.partition].buckets.get(url.netloc)
        prefix = url.path.lstrip("/")
        here = bucket is not None and bucket.region_name == self.region
        if bucket is None or not here or not any(key.startswith(prefix) for key in bucket.keys):
            raise _invalid(
                f'No S3 objects found under S3 URL "{path}" given in input data source. Please '
                f"ensure that the bucket exists in the selected region ({self.region}), that "
                f'objects exist under that S3 prefix, and that the role "{self.given["RoleArn"]}" '
                f'has "s3:ListBucket" permissions on bucket "{url.netloc}".'
            )

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
        """Check that the file system exists and that the job is in a VPC.

        The path in the file system is checked later.
        """
        if "VpcConfig" not in self.given:
            raise _invalid(f"Channel {channel} reads a file system: VpcConfig is required.")
        type_, system_id = source["FileSystemType"], source["FileSystemId"]
        if not self._is_there(type_, system_id):
            raise _invalid(f"File system {system_id} of type {type_} does not exist.")

    def _is_there(self, type_: str, system_id: str) -> bool:
        if type_ == "EFS":
            return system_id in efs_backends[self.current_account][self.region].file_systems_by_id
        fsx = cast(FSx, fsx_backends[self.current_account][self.region])
        return system_id in fsx.file_systems


def check_channel(channel: dict[str, Any], mode: str) -> None:
    """Check that the options of a channel go together.

    Sources: SageMaker API Reference, Channel and S3DataSource; Developer Guide, "Access Training
    Data" (a file system is read in File mode). The words are ours.

    Args:
        channel: Channel, as CreateTrainingJob has it.
        mode: Its input mode, or that of the job.

    Raises:
        Refusal: SageMaker does not take them.
    """
    name, source = channel["ChannelName"], channel["DataSource"]
    if ("FileSystemDataSource" in source) == ("S3DataSource" in source):
        raise _invalid(f"Channel {name} must have a FileSystemDataSource or an S3DataSource.")
    if "FileSystemDataSource" in source and mode != "File":
        raise _invalid(f"Channel {name} reads a file system: InputMode {mode} is not supported.")
    if "FileSystemDataSource" in source and "ShuffleConfig" in channel:
        raise _invalid(f"Channel {name} reads a file system: ShuffleConfig is not supported.")
    kind = source.get("S3DataSource", {}).get("S3DataType")
    if kind == "AugmentedManifestFile" and mode != "Pipe":
        raise _invalid(f"Channel {name}: AugmentedManifestFile requires InputMode Pipe.")
    for key in ("CompressionType", "RecordWrapperType"):
        if channel.get(key, "None") != "None" and mode != "Pipe":
            raise _invalid(f"Channel {name}: {key} requires InputMode Pipe, not {mode}.")


def _invalid(message: str) -> Refusal:
    return Refusal("ValidationException", message)
