"""What the emulated file systems hold.

EFS is a folder. FSx for Lustre is a folder that shows the objects of the bucket it is linked to.
Whoever mounts a file system (a pod, a SageMaker job) asks here for its folder. Nothing here knows
of Kubernetes or of SageMaker.

    contents  the folders, and what the links of FSx bring into them
"""
