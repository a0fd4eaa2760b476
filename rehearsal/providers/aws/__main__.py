"""Entry point of the aws provider server, for the environment that the process is started for."""

from __future__ import annotations

import logging

from rehearsal.places import World
from rehearsal.providers.aws.provider import AwsProvider
from rehearsal.providers.edge import serve
from rehearsal.service_models import leave_out_documentation

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    leave_out_documentation()
    serve(AwsProvider(), World.current().ports.aws)
