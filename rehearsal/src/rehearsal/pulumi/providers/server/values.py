"""Conversion of property values from Pulumi's wire format to Python and back.

Lists, maps, strings, booleans and None are themselves. A whole number is an int, because the
wire has only doubles while AWS and Kubernetes tell the two apart. Signatures and their keys
are those of Pulumi's sdk/go/common/resource/sig.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from google.protobuf import json_format, struct_pb2

_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"
_ASSET = "c44067f5952c0a294b673a41bacd8c17"
_ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
_RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e"
_OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4"

# An unknown has a sentinel for each type it would have; the SDKs send the string's for all.
_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
_UNKNOWNS = {
    _UNKNOWN,
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # bool
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # number
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # array
    "030794c1-ac77-496b-92df-f27374a8bd58",  # asset
    "e48ece36-62e2-4504-bad9-02848725956a",  # archive
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # object
}


class Unknown:
    """Value that is not known before its resource exists; there is one instance, `UNKNOWN`."""

    _one: Unknown | None = None

    def __new__(cls) -> Unknown:
        """Return the one instance, however often it is asked for."""
        cls._one = cls._one or super().__new__(cls)
        return cls._one

    def __repr__(self) -> str:
        return "<unknown>"

    def __deepcopy__(self, memo: object) -> Unknown:
        return self


UNKNOWN: Final = Unknown()


@dataclass(frozen=True)
class Asset:
    """File or text given as an input, with the SHA-256 of its content in hex."""

    path: str | None = None
    text: str | None = None
    uri: str | None = None
    hash: str | None = None
    archive: bool = False


@dataclass(frozen=True)
class Secret:
    """Value that the engine stores encrypted and shows as `[secret]`."""

    value: Any


def decode(properties: struct_pb2.Struct) -> dict[str, Any]:
    """Return a message's properties as Python values; secrets and outputs are unwrapped."""
    return {key: _to_python(value) for key, value in json_format.MessageToDict(properties).items()}


def encode(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Return Python values as a message's properties.

    Raises:
        TypeError: A value has no wire format; the text names its path.
    """
    message = struct_pb2.Struct()
    message.update({key: _to_wire(value, key) for key, value in properties.items()})
    return message


def contains_unknowns(value: Any) -> bool:
    """Return True if the value is unknown or contains an unknown anywhere."""
    if isinstance(value, Mapping):
        return any(contains_unknowns(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(contains_unknowns(item) for item in value)
    return isinstance(value, Unknown)


def _to_python(value: Any) -> Any:
    if isinstance(value, str):
        return UNKNOWN if value in _UNKNOWNS else value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, list):
        return [_to_python(item) for item in value]
    if isinstance(value, dict):
        return _special(value) if _SIGNATURE in value else _plain(value)
    return value


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    return {key: _to_python(item) for key, item in value.items()}


def _special(value: dict[str, Any]) -> Any:
    match value[_SIGNATURE]:
        case signature if signature in (_ASSET, _ARCHIVE):
            fields = {key: value[key] for key in ("path", "text", "uri", "hash") if value.get(key)}
            if "text" in value and "path" not in fields and "uri" not in fields:
                fields["text"] = value["text"]  # an asset of empty text is text all the same
            return Asset(**fields, archive=signature == _ARCHIVE)
        case signature if signature in (_SECRET, _OUTPUT):
            return _to_python(value["value"]) if "value" in value else UNKNOWN
        case signature if signature == _RESOURCE:
            return _to_python(value.get("id") or value["urn"])
        case signature:
            raise TypeError(f"property value with the signature {signature}, which is not known")


def _to_wire(value: Any, at: str) -> Any:
    if isinstance(value, Unknown):
        return _UNKNOWN
    if isinstance(value, Asset):
        return _asset_to_wire(value)
    if isinstance(value, Secret):
        return {_SIGNATURE: _SECRET, "value": _to_wire(value.value, at)}
    if isinstance(value, Mapping):
        return {str(key): _to_wire(item, f"{at}.{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_to_wire(item, f"{at}[{index}]") for index, item in enumerate(value)]
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    raise TypeError(f"{at}: a {type(value).__name__} is not a property value")


def _asset_to_wire(asset: Asset) -> dict[str, Any]:
    fields = {"path": asset.path, "text": asset.text, "uri": asset.uri, "hash": asset.hash}
    present = {key: value for key, value in fields.items() if value is not None}
    return {_SIGNATURE: _ARCHIVE if asset.archive else _ASSET, **present}
