"""The Helm charts of the drivers and of the SageMaker controller."""

from __future__ import annotations

from components.helm_spec import ChartSpec
from components.spec.model import Spec
from components.teardown_spec import TeardownSpec


class FsxDriver(ChartSpec):
    """The FSx for Lustre CSI driver."""

    chart: str = "aws-fsx-csi-driver"
    """Name of the chart in the repository, or a whole oci:// reference."""

    repository: str | None = "https://kubernetes-sigs.github.io/aws-fsx-csi-driver"
    """Address of the chart repository, https://...; none for an oci:// chart."""

    version: str = "1.17.0"
    """Exact version of the chart."""


class EfsDriver(ChartSpec):
    """The Amazon EFS CSI driver."""

    chart: str = "aws-efs-csi-driver"
    """Name of the chart in the repository, or a whole oci:// reference."""

    repository: str | None = "https://kubernetes-sigs.github.io/aws-efs-csi-driver/"
    """Address of the chart repository, https://...; none for an oci:// chart."""

    version: str = "4.4.1"
    """Exact version of the chart."""


class SagemakerController(ChartSpec):
    """The ACK controller that turns TrainingJob objects into SageMaker training jobs."""

    chart: str = "oci://public.ecr.aws/aws-controllers-k8s/sagemaker-chart"
    """Name of the chart in the repository, or a whole oci:// reference."""

    version: str = "1.9.1"
    """Exact version of the chart."""


class Drivers(Spec):
    """Helm releases in the cluster."""

    fsx: FsxDriver = FsxDriver()
    """FSx for Lustre CSI driver, installed when the back end is fsx."""

    efs: EfsDriver = EfsDriver()
    """Amazon EFS CSI driver, installed when the back end is efs."""

    sagemaker: SagemakerController = SagemakerController()
    """ACK controller for SageMaker."""

    teardown: TeardownSpec = TeardownSpec()
    """Hook of a destroy that deletes users' own claims, load balancers and training jobs."""
