"""Delete the objects in a cluster that keep AWS resources of the stack's network alive.

Users create claims, load balancers and training jobs of their own. Each has resources in AWS that
only a controller in the cluster can delete: file systems with network interfaces in the stack's
subnets, load balancers with security groups in its VPC. `python -m teardown` runs as the pre-delete
hook of the chart `charts/teardown`, while these controllers still run.

This package may import only the standard library, because the pod has no other packages. It must
not import Pulumi, boto3 or another package of the project. The settings also import `held`, to name
what would block a change.
"""
