"""Processes of a rehearsal: their list, their start, their end, and how they are found again.

    lifecycle  starts, stops and saves a whole environment, and tells its status
    services   the list of its processes: commands, ports, variables, checks that they work
    readiness  the check of the Kubernetes API
    detached   starts a process that outlives the command, finds it again and ends it
    launch     becomes another program that holds a lock file; `detached` runs it as a script
    guard      ends everything of a temporary rehearsal whose owner is gone
    tied       becomes another program that the kernel interrupts when its parent dies
    sessions   runs the local processes that represent containers

Nothing here knows what a process does: the packages of the processes are above this one.
"""
