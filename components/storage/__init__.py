"""Shared storage: the file system, and its use in the cluster.

`base` is the interface of every back end; `fsx` and `efs` implement it with AWS resources that need
a VPC and subnets only, so that a file system is made while the control plane is. `backends` chooses
one by the class of its spec, and nothing else asks. A client is let in by `client_access`. In the
cluster, the same for every back end: the `csi_driver`, the `claims`, and `data_loading`, by which
datasets are copied (`dataset_copies`) or checked where a link shows them (`dataset_imports`).
`old_contents` removes what was there before.
"""
