"""Training with SageMaker from inside Kubernetes.

`training` is the jobs: `controller` is the ACK controller that turns TrainingJob objects into
SageMaker training jobs, `images` what those run, `execution_role` what they may do,
`security_group` who they talk to, `script_mode` our script where it is to run, `job` one of them
and `specification` its text, a pure function. `on_new_data` makes more of them when data comes, of
a `batch_template`.
Nothing here asks which file system is read: it is told a type, an id and a directory.
"""

from components.training.controller import TrainingController
from components.training.execution_role import ExecutionRole
from components.training.on_new_data import OnNewData
from components.training.security_group import TrainingSecurityGroup
from components.training.training import Training

__all__ = [
    "ExecutionRole",
    "OnNewData",
    "Training",
    "TrainingController",
    "TrainingSecurityGroup",
]
