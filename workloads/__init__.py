"""What runs around and inside the pods and jobs: plain Python with a small command line each.

Nothing here knows of Pulumi, of the program's components or of the rehearsal: a module reads
folders and buckets from its arguments, so that the same code runs on a laptop and in a pod.

Commands:

    dataset          prepares tables for SageMaker's built-in algorithms, puts them in a bucket
    download         brings a bucket's prefix or a public file to the shared volume
    consume          reads a directory: files, bytes, throughput
    preload          has FSx for Lustre fetch a directory before somebody waits for it
    directories      makes directories on the shared volume that the others may write to
    checkpoint_sync  keeps checkpoints of a scratch directory in a bucket, and brings them back
    train            trains a model with xgboost, alone or with other workers, and resumes
    serve            answers with a model's predictions over HTTP
    on_new_data      starts a training job for each batch of changes in a bucket

What they share:

    faults, arguments, summary   how a command fails, is called and reports
    files, archives, objects     files that are whole or not there; objects of S3
    lustre, parallel             what `lfs` tells; the same work on many things at once
    downloads, checkpoints, datasets, new_data, training   the parts of the commands
"""
