"""What the FSx and EFS CSI drivers and their sidecars do for volumes and nodes.

Facts of aws-fsx-csi-driver 1.9, aws-efs-csi-driver 3.4 and csi-provisioner 6: parameters,
tokens, names, events, finalizers.

    driver       what every driver can do, and how it refuses
    fsx          a file system for each volume
    efs          an access point for each volume
    provisioner  claims become volumes, released volumes are deleted
    nodes        a node whose driver pod runs is registered, its start-up taint removed
"""
