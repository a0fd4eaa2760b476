"""Pods of the workloads image: what `python -m workloads.X` runs in, on a node of the cluster.

`image` is the address of the image, `containers` and `pods` are the documents (pure functions),
`identity` is a service account with AWS permissions and `job` a Kubernetes Job that the stack
waits for. What may not live here: what a particular workload is for. Components and workloads
agree by the command line alone, and import nothing of each other.
"""

from components.workloads.containers import Mount, container, makes_directories
from components.workloads.identity import WorkloadIdentity
from components.workloads.job import AGAIN, WorkloadJob
from components.workloads.pods import LABELS, claim, job_spec, labels, pod_template

__all__ = [
    "AGAIN",
    "LABELS",
    "Mount",
    "WorkloadIdentity",
    "WorkloadJob",
    "claim",
    "container",
    "job_spec",
    "labels",
    "makes_directories",
    "pod_template",
]
