"""Deploy a Pulumi program for real on one machine, without an AWS account.

The real Pulumi engine deploys the unchanged program to a real Kubernetes API server and an emulated
AWS, all on this machine's loopback addresses. The program imports nothing of this package, and this
package imports nothing of the program: it only runs the program's folder. A package may import
those below it in this list, and import-linter holds the order:

    cli/            the command: up, preview, destroy, refresh, output, env, cloud
    report/         one HTML page of what was deployed and what happened
    pulumi/         the engine, the language host and the provider servers: aws, eks, kubernetes
    charts/         stand-ins for the Helm charts of drivers and controllers
    kubernetes/     the Kubernetes API, its nodes, and emulated AWS controllers
    mountpoint/     prefixes of buckets as directories, as Mountpoint for Amazon S3 shows them
    sagemaker/      runs the training jobs that the emulated SageMaker has accepted
    file_systems/   the contents of the emulated file systems
    aws/            the emulated AWS
    tools/          the programs that are built from Go modules
    processes/      the processes of an environment: their list, start, status and end
    faults/         faults of AWS that a command injects
    clients/        clients of the emulated AWS
    logs            the logs of pods, training jobs and processes
    records         the log of events: data transferred, programs run
    project         the settings of the program: the table `tool.rehearsal`
    imports         imports of packages without parts that a process has no use for
    files           reading of files that a person writes
    paths           paths, ports and files of an environment
    credentials     the random secrets of an environment
    folders         folders and files that other users cannot open
    peers           the user at the other end of a loopback connection
"""
