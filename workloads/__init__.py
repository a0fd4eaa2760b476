"""Commands that run in the pods and training jobs of a stack.

This package is independent of Pulumi, of the program's components and of the rehearsal. Each
command gets its folders and S3 locations as arguments, so that it runs equally in a pod and on a
laptop.

Commands:

    dataset          prepares tables for SageMaker's built-in algorithms and uploads them to S3
    download         downloads an S3 prefix or a public file to the shared volume
    consume          reads a directory and reports its files, bytes and throughput
    preload          loads a directory's bytes from S3 to FSx for Lustre before they are read
    directories      creates directories on the shared volume and sets their owner
    checkpoint_sync  copies local checkpoints to S3 and restores them
    train            trains an XGBoost model with one or several workers, and resumes
    serve            serves the predictions of a model over HTTP
    on_new_data      creates a training job for each batch of new data

Shared modules:

    errors, arguments, summary   exit codes, command lines and log output
    files, archives, objects     atomic files, tar archives and S3 objects
    text_files, libsvm_limits    text files in any encoding, and limits of libsvm files
    signatures                   formats of files that are not plain text, by their first bytes
    lustre, parallel             calls of `lfs`, and parallel loops
    downloads, checkpoints, datasets, new_data, training   parts of the commands
"""
