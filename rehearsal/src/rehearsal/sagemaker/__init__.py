"""Run the training jobs that the emulated SageMaker has accepted, as SageMaker would.

This package is a process of the rehearsal beside the emulated AWS. It knows nothing of Kubernetes:
a job may come from ACK, from boto3 or from another client.

    runner           selects the jobs to run, a few at a time
    run              runs one job through SageMaker's states
    stages           reports these states
    inputs, outputs  fill /opt/ml/input/data before, and upload the model and other files after
    containers       the emulated root of an instance: folders, files, variables
    instances        the processes, one for each instance
    xgboost          the program inside the container
"""
