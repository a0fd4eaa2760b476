"""Training with SageMaker from inside Kubernetes.

`controller` is the ACK controller that turns TrainingJob objects into SageMaker training jobs,
`execution_role` the role of the jobs and `security_group` their network. `training_job` is one job,
and `submission` its TrainingJob object; `images` and `script_mode` return its image and its script.
`training` creates all jobs of a stack. `on_new_data` creates more jobs when data arrives, from a
`batch_template`. The rules of hyperparameters are in `xgboost`. The package does not depend on the
back end of the storage: a job gets a type, an id and directories of a file system.
"""
