"""The parts of `workloads.on_new_data`: what came in becomes a batch, a batch a job.

    events     the queue in which S3 says that something changed
    batches    what there is now, as an immutable directory on the shared storage
    jobs       TrainingJobs of the Kubernetes API, made from a template

Each step can be ended and done again: a batch's id tells its objects, a directory is put in place
by a rename, and the API server takes a job's name once.
"""
