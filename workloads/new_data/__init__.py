"""Parts of `workloads.on_new_data`, which creates a batch and a job from incoming objects.

    events     queue of S3's event notifications
    batches    immutable directories with the current objects, on the shared storage
    jobs       TrainingJobs in the Kubernetes API, created from a template

Each step is safe to interrupt and repeat: the id of a batch is a digest of its objects, a directory
is put in place by a rename, and the API server accepts a job's name only once.
"""
