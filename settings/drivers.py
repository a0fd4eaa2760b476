"""The section `drivers`: the Helm releases in the cluster."""

from __future__ import annotations

from components.spec.model import Spec
from components.storage.csi_driver_spec import EfsDriverSpec, FsxDriverSpec
from components.teardown_spec import TeardownSpec
from components.training.controller_spec import TrainingControllerSpec


class Drivers(Spec):
    """Helm releases in the cluster."""

    fsx: FsxDriverSpec = FsxDriverSpec()
    """FSx for Lustre CSI driver, installed when the back end is fsx."""

    efs: EfsDriverSpec = EfsDriverSpec()
    """Amazon EFS CSI driver, installed when the back end is efs."""

    sagemaker: TrainingControllerSpec = TrainingControllerSpec()
    """ACK controller for SageMaker."""

    teardown: TeardownSpec = TeardownSpec()
    """Hook of a destroy that deletes users' own claims, load balancers and training jobs."""
