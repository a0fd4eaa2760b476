"""The controllers that AWS's charts bring to a cluster, as one process over the emulated AWS.

In the rehearsal the images of those charts never run: kwok only makes their pods look ready.
What they would have done is done here, and only while they are really installed and their
service account really has the rights: a missing chart, Pod Identity association or IAM statement
shows in the cluster as it would on AWS.

    operator    watches the cluster by kopf and hands each changed object to its controller
    workqueue   one object at a time to a controller, again later when it asks for that
    kube        the Kubernetes API, as far as the controllers use it
    drivers     which of AWS's controllers are installed, and with what settings
    brief       answers remembered for a moment
    quantity    Kubernetes quantities
    identity    EKS Pod Identity: what a service account may do
    csi/        provisioning and node registration of the FSx and EFS drivers
    ack/        SageMaker's TrainingJob
    jobs/       the pods of Jobs whose image has an equivalent on this machine, run for real

Nothing here serves Pulumi, and nothing here is imported by the providers.
"""
