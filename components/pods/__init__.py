"""Pods of the workloads image, which run `python -m workloads.NAME` on a node of the cluster.

`image` returns the image's URI, `templates` the documents of pods and Jobs (pure functions).
`service_account` is a service account with AWS permissions, and `job` a Kubernetes Job that an
update waits for. Code for one workload alone does not belong here. Components and workloads share
only the command line, and do not import each other.
"""
