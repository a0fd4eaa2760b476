"""ACK's controller for SageMaker, limited to TrainingJobs.

Names, finalizer, conditions, final refusals and permitted updates follow sagemaker-controller 1.9.1
and its runtime.

    names         SageMaker's field names as ACK spells them
    request       converts a spec to a CreateTrainingJob request, validated by botocore's model
    calls         SageMaker's API calls, authorised as the controller's service account
    conditions    conditions that report the state of a resource
    training_job  the controller
"""
