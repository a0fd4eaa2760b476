"""Shared storage: the file system, and its use in the cluster.

`base` is the interface of every back end. `fsx` and `efs` implement it with AWS resources that need
only a VPC and subnets, so that a file system is created at the same time as the control plane.
`backends` chooses one by the class of its spec; no other module does. `client_access` gives a
client access. In the cluster, the same for every back end, are the `csi_driver`, the `claims` and
`data_loading`, which copies datasets (`dataset_copies`) or checks those that a link imports
(`dataset_imports`). `old_contents` removes former contents.
"""
