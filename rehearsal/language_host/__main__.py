"""Command that the engine runs as `pulumi-language-python [OPTION ...] ENGINE`.

It is started twice for each operation, and each time the engine waits for it. Of the SDK it needs
only Pulumi's protocol; the whole SDK takes as long to import as everything else together.
"""

from __future__ import annotations

<<<<<<< HEAD
import sys
from importlib.util import find_spec
from types import ModuleType


def leave_out_the_sdk() -> None:
    """Let `pulumi.runtime.proto` be imported without what its two parent packages import."""
    spec = find_spec("pulumi")
    assert spec is not None
    folders = list(spec.submodule_search_locations or ())
    for name, below in (("pulumi", ""), ("pulumi.runtime", "/runtime")):
        package = ModuleType(name)
        package.__path__ = [folder + below for folder in folders]
        sys.modules[name] = package

=======
from rehearsal.imports import leave_out_the_sdk
>>>>>>> ab8ade9 (The aws and kubernetes servers leave out what they do not use of Pulumi's SDK)

if __name__ == "__main__":
    leave_out_the_sdk()
    from rehearsal.language_host.server import main

    main()
