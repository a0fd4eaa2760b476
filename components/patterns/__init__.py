"""Patterns of storage in machine learning, each made when a stack switches it on.

`model_repository` keeps models on the shared storage and serves them, `checkpoints` trains on a
node with disks of its own and copies its checkpoints to S3, `distributed_dataset` trains with
several workers on one dataset. `model_cache` copies one model and `model_server` serves it;
`placement` spreads workers and `pod_training` has the pure functions that the two that train in
pods share. The settings of each are in its `*_spec`. A pattern depends on claims, datasets, node
groups and the workloads image; none knows of another.
"""
