"""Parts of `workloads.checkpoint_sync`, with which an interrupted training resumes.

    local      checkpoints in a directory
    packing    one checkpoint as a reproducible stream of bytes
    remote     checkpoints in S3, one object each
    syncing    upload of new checkpoints, removal of old ones
    restoring  download of the newest valid checkpoint

A checkpoint is a file or directory named `checkpoint-<step>`, which the trainer wrote under another
name and then renamed, so that every checkpoint is complete. In S3 it is a single object with its
SHA-256 in the metadata, so that a killed process leaves no partial checkpoint.
"""
