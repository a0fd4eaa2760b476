"""Entry point of the eks provider server, for the engines of the current environment."""

import asyncio
import logging

from rehearsal.paths import Environment
from rehearsal.pulumi.providers.eks.server import serve

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
asyncio.run(serve(Environment.current().ports.eks))
