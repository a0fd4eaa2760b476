"""ACK's controller for SageMaker, as far as TrainingJobs go.

Facts of sagemaker-controller 1.9.1 and its runtime: names, finalizer, conditions, which refusals
are final, what an update may change.

    names         SageMaker's field names as ACK spells them
    request       a spec as a CreateTrainingJob request, checked by botocore's own model
    calls         SageMaker's calls, by the rights of the controller's service account
    conditions    the conditions that tell how a resource stands
    training_job  the controller
"""
