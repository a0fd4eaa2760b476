"""Rules of the Region and of the zones and addresses in it.

Source: General Reference, "Regions and zones" (form of a name).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network

from components.network_spec import ipv4_network
from components.spec.errors import NOT_SET, ConfigError, Path
from settings.stack import Settings

CIDR: Path = ("network", "cidr")
ZONES: Path = ("network", "zones")

REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-[1-9]")
SAGEMAKER_ADDRESSES = IPv4Network("172.17.0.0/16")


def region(settings: Settings) -> Iterator[ConfigError]:
    """Check that the config names the one Region that everything is deployed to."""
    if not settings.region:
        rule = "the AWS Region must be set"
        remedy = "run for instance `pulumi config set aws:region us-west-2`"
        yield ConfigError(("aws:region",), rule, NOT_SET, remedy)
    elif not REGION.fullmatch(settings.region):
        rule = "must be an AWS Region, such as us-west-2: no zone, and in small letters"
        found = REGION.match(settings.region.lower())
        remedy = f"set {found[0]}" if found else "see `aws ec2 describe-regions`"
        yield ConfigError(("aws:region",), rule, settings.region, remedy)


def zones_of_the_region(settings: Settings) -> Iterator[ConfigError]:
    """Check that each zone is one of the Region."""
    for i, zone in enumerate(settings.network.zones):
        if REGION.fullmatch(settings.region) and not zone.startswith(settings.region):
            rule = "must be a zone of the Region in aws:region"
            remedy = f"name one of {settings.region}, such as {settings.region}a"
            yield ConfigError((*ZONES, i), rule, zone, remedy, (("aws:region",),))


def sagemaker_addresses(settings: Settings) -> Iterator[ConfigError]:
    """Warn of addresses that SageMaker and other services use for networks of their own."""
    block = ipv4_network(settings.network.cidr)
    if block is not None and block.overlaps(SAGEMAKER_ADDRESSES):
        rule = f"has addresses of {SAGEMAKER_ADDRESSES}, which SageMaker uses inside its instances"
        yield ConfigError(CIDR, rule, settings.network.cidr, "set another block for a new stack")


RULES = (region, zones_of_the_region)
WARNINGS = (sagemaker_addresses,)
