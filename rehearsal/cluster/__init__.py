"""A real Kubernetes API on this machine, in the part of the one that EKS runs.

`python -m rehearsal.cluster` runs the API server and what belongs to it, all on loopback:

    programs       the command line of each program: etcd, kube-apiserver and so on
    pki            the keys and certificates by which they know each other
    kubeconfig     the same as kubeconfig files
    kwok           what kwok may do: keep nodes alive, make pods look as if they ran
    keeper         starts a program again when it ends unasked
    control_plane  the order in which they start and end
    front          answers where the API server would, for a world on a cluster of the user's
    bootstrap      what every EKS cluster has in it
    readiness      whether the cluster can be worked with

`python -m rehearsal.cluster.controllers` plays what AWS brings to an EKS cluster from outside.
Two of its parts need no objects of their own and stand here:

    nodes          node groups of the emulated EKS become kwok nodes; with node_groups (reads
                   them), node_objects and instances (what EKS puts on a node), node_plan (what to
                   create, change, delete) and clusters (whether anything changed)
    tokens         the token webhook: an AWS caller becomes a Kubernetes user; with authenticator,
                   presigned (the token itself) and access (access entries and policies)

Nothing here may know of Pulumi or of the program; the emulated AWS is reached by its API only.
"""
