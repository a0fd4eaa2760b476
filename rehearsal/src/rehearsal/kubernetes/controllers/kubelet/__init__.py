"""Kubelet for the pods that are programs: all but those that serve the cluster.

A pod whose containers all have an equivalent on this machine runs as local processes that see the
pod's volumes, variables, addresses and identity. Any other pod stays as it was scheduled, and its
status says that it is not run in a rehearsal: nothing is reported as run that did not run.

    images          containers that have an equivalent, and their command line here
    pod_spec        run spec of a pod
    container_spec  run spec of a container: command, variables, directories, probes
    env_vars        environment variables of a container
    network         address of a pod, and the names by which pods find each other
    volume_sources  sources of a pod's volumes
    volumes         directories behind mounts, and paths rewritten to them
    claims          directories of claims: file systems
    config_volumes  directories of ConfigMaps, Secrets, fields and tokens
    read_only       makes directories read-only for a program, if Linux lets the user do that
    probes          probes of a container, made on its process
    containers      one container from its first start to its last exit
    runs            one pod's containers from start to end
    progress        state of containers and pods
    status          status of a pod as a kubelet writes it
    conditions      conditions in this status
    log_index       times at which a container's log grew
    endpoint        endpoint that answers `kubectl logs`, `exec` and `port-forward`
    exit_records    message, summary and record of a container that has ended
    pods            the controller
"""
