"""The section `drivers`: the Helm releases in the cluster."""

from __future__ import annotations

from components.spec.model import Spec
from components.storage.csi_driver_spec import EfsDriverSpec, FsxDriverSpec
from components.teardown_spec import TeardownSpec
from components.training.controller_spec import TrainingControllerSpec


class DriversSpec(Spec):
    """Helm releases in the cluster."""

    fsx: FsxDriverSpec = FsxDriverSpec()
    """FSx for Lustre CSI driver, installed if the back end is fsx."""

    efs: EfsDriverSpec = EfsDriverSpec()
    """Amazon EFS CSI driver, installed if the back end is efs."""

    sagemaker: TrainingControllerSpec = TrainingControllerSpec()
    """ACK controller for SageMaker."""

    teardown: TeardownSpec = TeardownSpec()
    """Hook that deletes users' claims, load balancers and training jobs before a destroy deletes
    their controllers."""
