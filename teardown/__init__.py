"""Deletes in a running cluster the things that keep AWS resources of the stack's network alive.

Users make claims, load balancers and training jobs of their own. Each has resources in AWS that
only a controller in the cluster can delete: file systems with network interfaces in the stack's
subnets, load balancers with security groups in its VPC. `python -m teardown` runs as the
pre-delete hook of the chart `charts/teardown`, while these controllers still run.

What may live here: modules of the standard library alone, because the pod has no other. `held` is
also read by the settings, to name what would block a change. What may not: Pulumi, boto3, anything
of the other packages.
"""
