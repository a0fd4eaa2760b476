"""How long a deployment takes, how much memory, and which part of it is whose.

    python -m bench

    floor     the time to import the SDK modules that the program uses: nothing can be faster
    program   the program under mocks, against that floor, and its growth with training jobs
    deploy    preview, up, no-change up and destroy of prod, shared out over the processes
    tables    the time and memory that preparing a CSV file takes
    processes the CPU time and memory of each part, and the waits in which none of them ran

Everything compared is measured in the same run, on the same machine. The figures that mean
something elsewhere are the ratios.
"""
