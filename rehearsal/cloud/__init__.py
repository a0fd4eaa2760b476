"""The emulated AWS: moto's server, plus what moto lacks or gets wrong for this program.

One account (123456789012) with the whole of moto behind one loopback port. What moto leaves out
stands here, a module or package for each service: calls it does not know, refusals it does not
make, defaults AWS gives. Each one is a subclass of moto's backend or responses, put in place by
`extension`; none of moto's own files is changed.

    server         starts it on a port, in this process or as `python -m rehearsal.cloud`
    application    what answers a request: moto, or the rehearsal's own few addresses
    authorization  what IAM answers to a session of a role
    snapshot       the account on disk, across restarts
    inventory      what exists in the account beyond what AWS brings with a new one
    clusters       which EKS clusters exist, and whether they changed
    node_config    what user data tells the nodes of a group
    extension      puts the services below in place of moto's

Nothing here may know of Pulumi, of Kubernetes objects, or of the program.
"""
