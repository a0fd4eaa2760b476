"""Training with SageMaker from inside Kubernetes.

`controller` is the ACK controller that turns TrainingJob objects into SageMaker training jobs,
`execution_role` the role of the jobs and `security_group` their network. `training_job` is one
job, which `submission` hands to ACK; `images` and `script_mode` give its image and its script.
`training` makes all jobs of a stack. `on_new_data` makes more of them when data arrives, of a
`batch_template`. The rules of hyperparameters are in `xgboost`.
Nothing here asks which file system is read: a job gets a type, an id and directories.
"""
