"""The section `drivers`: the Helm releases in the cluster."""

from __future__ import annotations

from components.helm_spec import ChartSpec
from components.spec.model import Spec
from components.storage.csi_driver_spec import EfsDriverSpec, FsxDriverSpec, S3DriverSpec
from components.teardown_spec import TeardownSpec
from components.training.controller_spec import TrainingControllerSpec


class DriversSpec(Spec):
    """Helm releases in the cluster."""

    fsx: FsxDriverSpec = FsxDriverSpec()
    """FSx for Lustre CSI driver, installed if fsx is in use."""

    efs: EfsDriverSpec = EfsDriverSpec()
    """Amazon EFS CSI driver, which mounts S3 Files too: installed if efs or s3files is in use."""

    s3: S3DriverSpec = S3DriverSpec()
    """CSI driver of Mountpoint for Amazon S3, installed if `storage.also` names s3."""

    sagemaker: TrainingControllerSpec = TrainingControllerSpec()
    """ACK controller for SageMaker."""

    teardown: TeardownSpec = TeardownSpec()
    """Hook that deletes users' claims, load balancers and training jobs before a destroy deletes
    their controllers."""

    @property
    def of_storages(self) -> dict[str, ChartSpec]:
        """Charts of the CSI drivers, by the first part of each driver's name."""
        return {"fsx": self.fsx, "efs": self.efs, "s3": self.s3}
