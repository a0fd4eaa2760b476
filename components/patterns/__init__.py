"""Optional patterns of storage in machine learning.

`model_repository` keeps models on the shared storage and serves them. `checkpoints` trains on a
node with disks of its own and copies its checkpoints to S3. `distributed_dataset` trains with
several workers on one dataset. `model_cache` copies one model, `model_server` serves it,
`scheduling` spreads workers over nodes, and `pod_training` has the pure functions that both kinds
of training share. The settings of each are in its `*_spec`. A pattern depends on claims, datasets,
node groups and the workloads image, and on no other pattern.
"""
