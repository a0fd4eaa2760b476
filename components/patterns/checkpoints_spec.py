"""Settings of training whose checkpoints are written to instance storage."""

from components.patterns.pod_training_spec import Count, PodTrainingSpec


class CheckpointsSpec(PodTrainingSpec):
    """Training that writes its checkpoints to a node's own fast disks and copies them to S3.

    It does not wait for the network, and loses at most the rounds since the last checkpoint.
    """

    node_group: str
    """Node group of the pod; it must have instanceStore."""

    interval_seconds: Count = 10
    """Seconds between two searches for new checkpoints to copy."""

    keep_local: Count = 2
    """Number of checkpoints kept on the node."""

    keep_remote: Count = 5
    """Number of checkpoints kept in the bucket."""

    scratch_size_gib: Count = 10
    """Space for checkpoints on the node's disks, in GiB."""
