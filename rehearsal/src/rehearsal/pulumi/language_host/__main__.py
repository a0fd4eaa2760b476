"""Command that the engine runs as `pulumi-language-python [OPTION ...] ENGINE`.

It is started twice for each operation, and each time the engine waits for it. Of the SDK it needs
only Pulumi's protocol; the whole SDK takes as long to import as everything else together.
"""

from __future__ import annotations

from rehearsal.imports import leave_out_the_sdk

if __name__ == "__main__":
    leave_out_the_sdk()
    from rehearsal.pulumi.language_host.server import main

    main()
