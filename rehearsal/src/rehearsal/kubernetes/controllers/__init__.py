"""Controllers that AWS's charts add to a cluster, in one process over the emulated AWS.

The images of those charts never run in the rehearsal: kwok only makes their pods look ready. Their
work is done here, and only while they are installed and their service account has the permissions.
A missing chart, Pod Identity association or IAM statement has the same effect as on AWS.

    operator        watches the cluster with kopf and hands each changed object to its controller
    workqueue       passes one object at a time to a controller, and again later if asked to
    kube            the parts of the Kubernetes API that the controllers use
    drivers         controllers of AWS that are installed, with their settings
    ttl_cache       values that expire
    quantity        Kubernetes quantities
    identity        EKS Pod Identity: the permissions of a service account
    csi/            provisioning and node registration of the FSx and EFS drivers
    ack/            SageMaker's TrainingJob
    kubelet/        runs pods as processes if their image has an equivalent on this machine
    load_balancers  Services of type LoadBalancer

Nothing in this package serves Pulumi, and the providers import nothing from it.
"""
