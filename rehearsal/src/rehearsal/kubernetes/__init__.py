"""Real Kubernetes API on this machine, in place of the one that EKS runs.

`python -m rehearsal.kubernetes` runs the API server and the programs it needs, all on loopback:

    programs       command line of each program: etcd, kube-apiserver and so on
    pki            keys and certificates that the programs authenticate each other with; key_pairs
                   has their files
    kubeconfig     kubeconfig files made of these certificates
    kwok           configuration of kwok, which keeps nodes alive and simulates pods
    supervisor     supervisor that restarts a program after an unexpected exit
    control_plane  order in which the programs start and end
    auth_proxy     proxy at the API server's address, for a cluster that the user provides
    bootstrap      objects that every EKS cluster contains

`python -m rehearsal.kubernetes.controllers` does the work of the controllers that AWS adds to an
EKS cluster. Two of its parts need no objects of their own and are in this package:

    nodes          turns node groups of the emulated EKS into kwok nodes; uses node_groups (reads
                   them), node_objects and instances (content of a node), node_plan (nodes to
                   create, change and delete) and clusters (detects changes)
    tokens         token webhook that maps an AWS caller to a Kubernetes user; uses authenticator,
                   presigned (the token itself) and access (access entries and policies)

Nothing in this package may depend on Pulumi or on the program. The emulated AWS is used only
through its API.
"""
