"""The parts of `workloads.checkpoint_sync`: training that was interrupted goes on where it was.

    local    the checkpoints of a directory
    packing  a checkpoint as one stream of bytes, the same every time
    remote   the checkpoints of a bucket, an object each
    syncing  what to upload, and what to remove, on either side
    restoring  the newest valid one, brought back

A checkpoint is `checkpoint-<step>`, a file or a directory, which the trainer wrote under another
name and then renamed: whatever has such a name is whole. In the bucket it is one object, so that
it is there or not, whatever was killed when; its metadata holds its SHA-256.
"""
