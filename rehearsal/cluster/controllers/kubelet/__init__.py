"""The kubelet's part for the pods that are programs: all but those that serve the cluster.

A pod whose containers have an equivalent on this machine runs for real, as local processes that
see the pod's volumes, variables, addresses and identity. Any other stays as it was scheduled, and
says that it is not run in a rehearsal: nothing here reports as run what did not run.

    images       which containers have an equivalent, and their command line here
    plans        what it takes to run a pod
    making       ... and each container: command, variables, folders, probes
    environment  a container's environment variables
    network      a pod's own address, and the names by which pods find each other
    volumes      the folders behind mounts, and paths rewritten to them
    claims       ... of claims: file systems
    written      ... of ConfigMaps, Secrets, fields and tokens
    read_only    ... and read-only for a program, where Linux lets a user do that
    probes       the probes of a container, really asked
    containers   one container from its first start to its last end
    runs         one pod's containers from start to end
    progress     how containers and pods stand
    status       ... as a kubelet writes it, with its conditions
    log_server   what `kubectl logs` is answered by
    endings      what is left of an end: message, summary, record
    pods         the controller
"""
