"""Helm charts of the CSI drivers of the file systems, with their default versions.

Sources: https://kubernetes-sigs.github.io/aws-fsx-csi-driver,
https://kubernetes-sigs.github.io/aws-efs-csi-driver and
https://awslabs.github.io/mountpoint-s3-csi-driver, the charts' repositories.
"""

from __future__ import annotations

from components.helm_spec import ChartSpec


class FsxDriverSpec(ChartSpec):
    """The FSx for Lustre CSI driver."""

    chart: str = "aws-fsx-csi-driver"
    """Name of the chart in the repository, a whole oci:// reference, or a folder such as
    ./charts/NAME, relative to the project."""

    repository: str | None = "https://kubernetes-sigs.github.io/aws-fsx-csi-driver"
    """URL of the chart repository, https://..., or http:// on this machine; it is not used for an
    oci:// chart or a folder."""

    version: str = "1.17.0"
    """Exact version of the chart."""


class EfsDriverSpec(ChartSpec):
    """The Amazon EFS CSI driver."""

    chart: str = "aws-efs-csi-driver"
    """Name of the chart in the repository, a whole oci:// reference, or a folder such as
    ./charts/NAME, relative to the project."""

    repository: str | None = "https://kubernetes-sigs.github.io/aws-efs-csi-driver/"
    """URL of the chart repository, https://..., or http:// on this machine; it is not used for an
    oci:// chart or a folder."""

    version: str = "4.4.1"
    """Exact version of the chart."""


class S3DriverSpec(ChartSpec):
    """The CSI driver of Mountpoint for Amazon S3."""

    chart: str = "aws-mountpoint-s3-csi-driver"
    """Name of the chart in the repository, a whole oci:// reference, or a folder such as
    ./charts/NAME, relative to the project."""

    repository: str | None = "https://awslabs.github.io/mountpoint-s3-csi-driver"
    """URL of the chart repository, https://..., or http:// on this machine; it is not used for an
    oci:// chart or a folder."""

    version: str = "2.7.0"
    """Exact version of the chart."""
