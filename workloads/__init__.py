"""What runs around and inside the pods and jobs: plain Python with a small command line each.

Nothing here knows of Pulumi, of the program's components or of the rehearsal: a module reads
folders and buckets from its arguments, so that the same code runs on a laptop and in a pod.

    dataset   prepares tables for SageMaker's built-in algorithms
"""
