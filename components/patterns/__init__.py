"""Patterns of storage in machine learning, each there when a stack switches it on.

`model_repository` keeps models on the shared storage and serves them, `checkpoints` trains on a
node with disks of its own and follows its checkpoints to S3, `distributed_dataset` trains with
several workers on one dataset. `model_cache` brings one model and `model_server` answers with it;
`placement` says how workers are spread and `pod_training` what the two that train in pods have in
common, both by pure functions. A pattern stands on the storage, the node groups and the workloads
image; none knows of another.
"""

from components.patterns.patterns import Patterns

__all__ = ["Patterns"]
