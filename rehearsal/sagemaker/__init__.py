"""Runs the training jobs that the emulated SageMaker has accepted, as SageMaker would.

A process of the world beside the emulated cloud. Nothing here knows of Kubernetes: a job comes
from ACK, from boto3 or from anywhere else.

    runner           which jobs run, a few at a time
    run              one job, through SageMaker's states
    stages           how those are told
    inputs, outputs  /opt/ml/input/data before, the model and the rest after
    containers       what stands for an instance's root: folders, files, variables
    instances        the processes, one for each instance
    xgboost          what happens inside the container; a program of its own
"""
