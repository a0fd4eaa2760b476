"""Entry point of `python -m rehearsal.tools`: build the engine and the Kubernetes programs."""

import sys

from rehearsal.tools.build import main

sys.exit(main())
