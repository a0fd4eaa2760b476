"""The kubelet's part for the pods of Jobs: a Job is a program that should run and end.

A pod whose image has an equivalent on this machine runs for real, as local processes that see
the pod's volumes and environment. Any other stays as it was scheduled, and says that it is not
run in a rehearsal: nothing here reports as run what did not run.

    images       which images have an equivalent, and their command line here
    volumes      the folders behind a pod's volumes, and paths rewritten to them
    environment  a container's environment variables
    processes    local processes, ended with all they started
    status       a pod's status as a kubelet writes it
    runs         one pod's containers from start to end
    pods         the controller
"""
