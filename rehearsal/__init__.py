"""Run the program for real on one machine, without an AWS account.

The real Pulumi engine deploys the unchanged program to a real Kubernetes API server and an emulated
AWS, all on this machine's loopback addresses. The program imports nothing of this package, and this
package imports nothing of the program: it only runs the program's folder.

    cli         the command line: up, preview, destroy, refresh, output, env, cloud
    report/     one HTML page of what was deployed and what happened
    world       starts, stops and watches the processes of one stack's rehearsal
    services    the list of these processes
    processes   starts a process once, finds it again and ends it (launch is its helper)
    language_host/  Pulumi's Python language protocol, for an engine that came without one
    providers/  Pulumi provider servers: aws, kubernetes, eks
    cluster/    the Kubernetes API, its nodes, and emulated AWS controllers
    sagemaker/  runs the training jobs that the emulated SageMaker has accepted
    file_systems/  the contents of the emulated file systems
    cloud/      the emulated AWS
    clients     boto3 clients of the emulated AWS
    service_models  botocore's descriptions of AWS services, in less memory
    records     the log of events: data transferred, programs run
    places      paths, ports and files of a rehearsal on this machine
"""
