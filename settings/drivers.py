"""The Helm charts of the drivers and of the SageMaker controller."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from components.spec.model import Spec


class Chart(Spec):
    """A Helm chart, from which repository, in which version."""

    chart: str
    """The chart's name in the repository, or a whole oci:// reference."""

    repository: str | None = None
    """The chart repository's https:// address; none for an oci:// chart."""

    version: str
    """The exact version."""

    timeout_seconds: Annotated[int, Field(ge=60, le=3600)] = 600
    """How long its workloads may take to become ready."""

    values: dict[str, Any] = Field(default_factory=dict)
    """Values of the chart, laid over those the program sets."""


class FsxDriver(Chart):
    """The FSx for Lustre CSI driver."""

    chart: str = "aws-fsx-csi-driver"
    """The chart's name in the repository, or a whole oci:// reference."""

    repository: str | None = "https://kubernetes-sigs.github.io/aws-fsx-csi-driver"
    """The chart repository's https:// address; none for an oci:// chart."""

    version: str = "1.17.0"
    """The exact version."""


class EfsDriver(Chart):
    """The Amazon EFS CSI driver."""

    chart: str = "aws-efs-csi-driver"
    """The chart's name in the repository, or a whole oci:// reference."""

    repository: str | None = "https://kubernetes-sigs.github.io/aws-efs-csi-driver/"
    """The chart repository's https:// address; none for an oci:// chart."""

    version: str = "4.4.1"
    """The exact version."""


class SagemakerController(Chart):
    """The ACK controller that turns TrainingJob objects into SageMaker training jobs."""

    chart: str = "oci://public.ecr.aws/aws-controllers-k8s/sagemaker-chart"
    """The chart's name in the repository, or a whole oci:// reference."""

    version: str = "1.9.1"
    """The exact version."""


class Teardown(Spec):
    """The hook that deletes what users made, before a destroy deletes the drivers."""

    image: str = "public.ecr.aws/docker/library/python:3.13.5-slim"
    """An image with Python 3.11 or later, with its tag or digest; nothing else in it is used."""

    timeout_seconds: Annotated[int, Field(ge=60, le=7200)] = 1800
    """How long a destroy waits for claims, load balancers and training jobs of users to be gone."""


class Drivers(Spec):
    """What is installed in the cluster by Helm."""

    fsx: FsxDriver = FsxDriver()
    """The FSx for Lustre CSI driver, installed when the back end is fsx."""

    efs: EfsDriver = EfsDriver()
    """The Amazon EFS CSI driver, installed when the back end is efs."""

    sagemaker: SagemakerController = SagemakerController()
    """The ACK SageMaker controller."""

    teardown: Teardown = Teardown()
    """Deletes users' own claims, load balancers and training jobs in a destroy."""
