"""A place where the program runs for real without an AWS account.

The real Pulumi engine deploys the unchanged program onto a real Kubernetes API server and an
emulated AWS, all on this machine's loopback addresses. Nothing here is imported by the program,
and nothing here imports the program: to the rehearsal it is a folder to run.

    cli         the command: up, preview, destroy, refresh, output, env, cloud
    report/     one HTML page of what was deployed and what happened
    world       starts, stops and watches the processes of one stack's rehearsal
    services    which processes those are
    processes   how a process is started once, found again and ended (and launch, its helper)
    language_host/  Pulumi's Python language protocol, for an engine that came without one
    providers/  Pulumi provider servers: aws, kubernetes, eks
    cluster/    the Kubernetes API, its nodes, and the controllers AWS would bring
    sagemaker/  runs the training jobs that the emulated SageMaker has accepted
    file_systems/  what the emulated file systems hold
    cloud/      the emulated AWS
    clients     boto3 clients of it
    service_models  botocore's descriptions of AWS's services, in less memory
    records     what happened in a world, in the order it did: data moved, programs run
    places      where each of them lives on this machine: folders, ports, files
"""
