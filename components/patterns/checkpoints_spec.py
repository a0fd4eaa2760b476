"""Settings of training whose checkpoints are written to instance storage."""

from components.patterns.pod_training_spec import Count, PodTrainingSpec


class CheckpointsSpec(PodTrainingSpec):
    """Training that writes its checkpoints to a node's own fast disks, and copies them to S3.

    Training neither waits for a network nor loses more than the rounds since the last checkpoint.
    """

    node_group: str
    """Node group of the pod, one with instanceStore."""

    interval_seconds: Count = 10
    """Seconds between two looks for new checkpoints to copy."""

    keep_local: Count = 2
    """Number of checkpoints that stay on the node."""

    keep_remote: Count = 5
    """Number of checkpoints that stay in the bucket."""

    scratch_size_gib: Count = 10
    """Space for checkpoints on the node's disks, in GiB."""
