"""Work of the FSx and EFS CSI drivers and their sidecars on volumes and nodes.

Parameters, tokens, names, events and finalizers follow aws-fsx-csi-driver 1.9, aws-efs-csi-driver
3.4 and csi-provisioner 6.

    driver       base class of the drivers, and their errors
    fsx          creates a file system for each volume
    efs          creates an access point for each volume
    provisioner  creates volumes for claims and deletes released volumes
    nodes        registers a node whose driver pod runs, and removes its start-up taint
"""
