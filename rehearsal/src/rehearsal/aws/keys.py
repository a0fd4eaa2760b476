"""Customer KMS keys, as services look them up before they encrypt.

A key is named by its id or ARN, or by an alias of it, and encrypts in its own Region alone.
"""

from __future__ import annotations

from moto.kms.models import Key, KmsBackend, kms_backends

ALIAS = "alias/"
ARN_PARTS = 6
AWS_OWNED = "alias/aws/"


class KeyNotFoundError(LookupError):
    """No key that could encrypt has that name here; the text is what KMS says."""


def resolve(account_id: str, region: str, named: str) -> str:
    """Return the ARN of the key that a name stands for, once.

    Keys of other accounts, and AWS's own by their aliases, are believed.

    Args:
        account_id: The account of the call.
        region: The Region of the call.
        named: An id, an ARN, or an alias, by its name or ARN.

    Raises:
        KeyNotFoundError: There is no such key in the Region, or it is disabled or not symmetric.
    """
    if named.startswith("arn:"):
        parts = named.split(":", 5)
        if len(parts) < ARN_PARTS or parts[2] != "kms":
            raise KeyNotFoundError(f"Invalid arn {named}")
        *_, of_region, of_account, name = parts
        if of_region != region:
            raise KeyNotFoundError(f"Invalid arn {of_region}")
        if of_account != account_id:
            return named
    else:
        name = named
    if name.startswith(AWS_OWNED):
        return named
    key = _find(kms_backends[account_id][region], name.removeprefix("key/"))
    if key is None:
        raise KeyNotFoundError(
            f"{'Alias' if name.startswith(ALIAS) else 'Key'} "
            f"'arn:aws:kms:{region}:{account_id}:{_path(name)}' does not exist"
        )
    if key.key_state != "Enabled":
        raise KeyNotFoundError(f"{key.arn} is {key.key_state}.")
    if key.key_spec != "SYMMETRIC_DEFAULT":
        raise KeyNotFoundError(f"{key.arn} is no symmetric key: its key spec is {key.key_spec}.")
    return str(key.arn)


def _find(kms: KmsBackend, name: str) -> Key | None:
    key_id = kms.get_key_id_from_alias(name) if name.startswith(ALIAS) else name
    return kms.keys.get(key_id or "")


def _path(name: str) -> str:
    return name if name.startswith((ALIAS, "key/")) else f"key/{name}"
