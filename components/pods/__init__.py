"""Pods of the workloads image, which run `python -m workloads.NAME` on a node of the cluster.

`image` gives the image's URI, `templates` the documents of pods and Jobs (pure functions),
`service_account` is a service account with AWS permissions, and `job` a Kubernetes Job that an
update waits for. The purpose of a particular workload does not belong here. Components and
workloads agree by the command line alone, and import nothing of each other.
"""
