"""Helm chart of the ACK controller for SageMaker, with its default version.

Source: https://github.com/aws-controllers-k8s/sagemaker-controller, helm/.
"""

from __future__ import annotations

from components.helm_spec import ChartSpec


class TrainingControllerSpec(ChartSpec):
    """The ACK controller that turns TrainingJob objects into SageMaker training jobs."""

    chart: str = "oci://public.ecr.aws/aws-controllers-k8s/sagemaker-chart"
    """Name of the chart in the repository, a whole oci:// reference, or a folder such as
    ./charts/NAME, relative to the project."""

    version: str = "1.9.1"
    """Exact version of the chart."""
