"""Security groups of EC2: names, descriptions, ports and peers that moto takes and EC2 refuses.

Source: EC2 API Reference, CreateSecurityGroup and AuthorizeSecurityGroupIngress; the words are
those of EC2 as its users report them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import EC2Backend
from moto.ec2.models.security_groups import SecurityGroup

TEXT = re.compile(r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}")
LAST_PORT = 65535
WITH_PORTS = ("tcp", "udp", "6", "17")


class SecurityGroups(EC2Backend):
    """EC2 of the account, as far as security groups are concerned."""

    def create_security_group(
        self, name: str, description: str, *args: Any, **kwargs: Any
    ) -> SecurityGroup:
        """Create a group with a name and a description that EC2 takes."""
        if name.startswith("sg-"):
            raise _invalid(
                f"invalid value for parameter groupName: {name}. Group names may not be in the "
                "format sg-*"
            )
        for parameter, text in (("groupName", name), ("GroupDescription", description)):
            if text and not TEXT.fullmatch(text):
                raise _invalid(
                    f"Value ({text}) for parameter {parameter} is invalid. Up to 255 characters of "
                    "a-z, A-Z, 0-9, spaces and ._-:/()#,@[]+=&;{}!$* are allowed."
                )
        return super().create_security_group(name, description, *args, **kwargs)

    def authorize_security_group_ingress(  # noqa: PLR0913, PLR0917 - the arguments are moto's
        self,
        group_name_or_id: str,
        ip_protocol: str,
        from_port: str,
        to_port: str,
        ip_ranges: list[Any],
        sgrule_tags: dict[str, str] | None = None,
        source_groups: list[dict[str, str]] | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Allow traffic to a group."""
        self._check_rule(group_name_or_id, ip_protocol, (from_port, to_port), source_groups or [])
        rule = (group_name_or_id, ip_protocol, from_port, to_port, ip_ranges)
        return super().authorize_security_group_ingress(
            *rule, sgrule_tags, source_groups, *args, **kwargs
        )

    def authorize_security_group_egress(  # noqa: PLR0913, PLR0917 - the arguments are moto's
        self,
        group_name_or_id: str,
        ip_protocol: str,
        from_port: str,
        to_port: str,
        ip_ranges: list[Any],
        sgrule_tags: dict[str, str] | None = None,
        source_groups: list[dict[str, Any]] | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Allow traffic from a group."""
        self._check_rule(group_name_or_id, ip_protocol, (from_port, to_port), source_groups or [])
        rule = (group_name_or_id, ip_protocol, from_port, to_port, ip_ranges)
        return super().authorize_security_group_egress(
            *rule, sgrule_tags, source_groups, *args, **kwargs
        )

    def _check_rule(
        self,
        name_or_id: str,
        protocol: str,
        ports: tuple[Any, Any],
        peers: Sequence[dict[str, str]],
    ) -> None:
        if protocol in WITH_PORTS and None not in ports:
            _check_ports(*map(int, ports))
        group = self.get_security_group_by_name_or_id(name_or_id)
        for peer in peers:
            other = self.get_security_group_from_id(peer.get("GroupId") or "")
            if group and other and other.vpc_id != group.vpc_id:
                raise EC2ClientError(
                    "InvalidGroup.NotFound",
                    "You have specified two resources that belong to different networks.",
                )


def _check_ports(first: int, last: int) -> None:
    for port, end in ((first, "from"), (last, "to")):
        if port > LAST_PORT or port < -1:
            raise _invalid(f"TCP/UDP ({end}) port ({port}) out of range")
    if first > last:
        raise _invalid(f"Invalid TCP/UDP port range ({first}:{last})")


def _invalid(message: str) -> EC2ClientError:
    return EC2ClientError("InvalidParameterValue", message)
