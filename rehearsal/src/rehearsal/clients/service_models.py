"""Load botocore's descriptions of AWS services into as little memory as possible.

Most of such a description is the text of the AWS API reference, which a process of the rehearsal
would keep in memory for every service that it calls or serves: half of the memory for EC2. A third
of the rest is repeated, such as the reference of a member to its shape.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from botocore.loaders import JSONFileLoader, Loader


class LeanFileLoader(JSONFileLoader):  # type: ignore[misc]  # botocore is not typed
    """Loader that reads a description and leaves out its documentation."""

    def load_file(self, file_path: str) -> Any:
        """Return the content of `file_path` with .json or .json.gz; None if neither file exists."""
        plain, packed = Path(f"{file_path}.json"), Path(f"{file_path}.json.gz")
        if plain.is_file():
            return without_documentation(plain.read_bytes())
        if packed.is_file():
            return without_documentation(gzip.decompress(packed.read_bytes()))
        return None


def without_documentation(text: bytes) -> Any:
    """Parse a JSON document and empty each text named `documentation`.

    The key stays, because botocore reads it. A structure member of that name stays as it is.
    Equal references to a shape become one object: botocore copies them before it changes anything.
    """
    known: dict[tuple[tuple[str, Any], ...], dict[str, Any]] = {}

    def kept(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if isinstance(found.get("documentation"), str):
            found["documentation"] = ""
        if "shape" in found and all(isinstance(value, str) for value in found.values()):
            return known.setdefault(tuple(found.items()), found)
        return found

    return json.loads(text, object_pairs_hook=kept)


def leave_out_documentation() -> None:
    """Make every loader that botocore creates later in this process leave out the documentation."""
    Loader.FILE_LOADER_CLASS = LeanFileLoader
