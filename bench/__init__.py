"""Benchmark of a deployment: its time, its memory, and the share of each part.

    python -m bench

    floor     the time to import the SDK modules that the program uses, which is the lower bound
    program   the program under mocks, against that floor, and its growth with training jobs
    deploy    preview, up, no-change up and destroy of prod, divided among the processes
    tables    the time and memory that preparing a CSV file takes
    account   the calls of the emulated AWS with saving, against those without
    processes the CPU time and memory of each part, and the time in which no process ran

Everything that is compared is measured in the same run, on the same machine. Only the ratios are
meaningful on other machines.
"""
