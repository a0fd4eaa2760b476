"""SageMaker's API calls, each authorised as the controller's service account."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from rehearsal.clients.aws import Cloud, code_of, message_of
from rehearsal.kubernetes.controllers.ack import request
from rehearsal.kubernetes.controllers.ack.conditions import Refusal
from rehearsal.kubernetes.controllers.drivers import Installed
from rehearsal.kubernetes.controllers.identity import AccessDenied, Identity, PodIdentity


@dataclass(frozen=True)
class Calls:
    """SageMaker's API calls; each raises Refusal when IAM or SageMaker refuses it."""

    controller: Installed
    identity: Identity
    sagemaker: Any
    job_arn: str

    @classmethod
    def of(cls, cloud: Cloud, identities: PodIdentity, controller: Installed) -> Calls:
        """Return the API calls of an installed controller.

        Raises:
            NoCredentials: The service account gets no credentials.
        """
        identity = identities.of(controller.account)
        arn = cloud.arn("sagemaker", controller.region, "training-job/")
        client = cloud.client("sagemaker", controller.region)
        return cls(controller, identity, client, arn)

    def describe(self, name: str) -> dict[str, Any] | None:
        """Return the description of a training job, or None if SageMaker knows no such job."""
        self._authorise("sagemaker:DescribeTrainingJob", self.job_arn + name)
        try:
            found: dict[str, Any] = self.sagemaker.describe_training_job(TrainingJobName=name)
        except ClientError as error:
            if "not found" in message_of(error) or code_of(error) == "ResourceNotFound":
                return None
            raise Refusal.by_aws(code_of(error), message_of(error)) from error
        return found

    def create(self, wanted: Mapping[str, Any]) -> None:
        """Submit a training job.

        Raises:
            Refusal: IAM or SageMaker refuses the request, or it is invalid by botocore's model.
        """
        arn = self.job_arn + wanted["TrainingJobName"]
        if wrong := request.faults(wanted):
            text = f"{len(wrong)} validation error(s) found.\n- " + "\n- ".join(wrong)
            raise Refusal(f"operation error SageMaker: CreateTrainingJob, {text}")
        tags: dict[str, str | list[str]] = {
            f"aws:RequestTag/{tag['Key']}": tag["Value"] for tag in wanted["Tags"]
        }
        self._authorise("sagemaker:CreateTrainingJob", arn, tags)
        creating = {"sagemaker:TaggingAction": "CreateTrainingJob"}
        self._authorise("sagemaker:AddTags", arn, tags | creating)
        passed = {"iam:PassedToService": "sagemaker.amazonaws.com"}
        self._authorise("iam:PassRole", wanted["RoleArn"], passed)
        self._call(self.sagemaker.create_training_job, wanted)

    def stop(self, name: str) -> None:
        """Stop a training job."""
        arn = self.job_arn + name
        held = self.sagemaker.list_tags(ResourceArn=arn)["Tags"]
        tags = {f"aws:ResourceTag/{tag['Key']}": tag["Value"] for tag in held}
        self._authorise("sagemaker:StopTrainingJob", arn, tags)
        self._call(self.sagemaker.stop_training_job, {"TrainingJobName": name})

    def _authorise(self, action: str, resource: str, context: Any = None) -> None:
        try:
            self.identity.authorise(action, resource, context)
        except AccessDenied as error:
            raise Refusal.by_aws("AccessDeniedException", str(error)) from error

    def _call(self, operation: Any, parameters: Mapping[str, Any]) -> None:
        try:
            operation(**parameters)
        except ClientError as error:
            raise Refusal.by_aws(code_of(error), message_of(error)) from error
