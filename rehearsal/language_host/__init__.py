"""Pulumi's Python language protocol, for an engine that came without one.

An engine built from its Go module knows no language. It looks for `pulumi-language-python` on
the PATH, starts it, reads a port from its first line and calls the LanguageRuntime service on it.

    __main__  the command, which leaves out what it does not need of the SDK
    server    what the engine asks, and the process of the program
    config    what a rehearsal adds to the stack's configuration
    program   that process: runs one Pulumi program against the engine's resource monitor

With the `pulumi` of a normal installation neither is used: it brings its own.
"""
