"""Python language host of Pulumi, for an engine that came without one.

An engine built from its Go module knows no language. It looks for `pulumi-language-python` on
the PATH, starts it, reads a port from its first line and calls the LanguageRuntime service on it.

    __main__  the command, which leaves out the parts of the SDK that it does not need
    server    answers the engine, and starts the process of the program
    config    configuration that a rehearsal adds to the stack's
    program   that process: runs one Pulumi program against the engine's resource monitor

The `pulumi` of a normal installation brings a language host of its own and uses none of this.
"""
