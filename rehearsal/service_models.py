"""botocore's descriptions of AWS's services, without the documentation in them.

Most of such a description is the text of AWS's reference, which a process of the rehearsal would
keep in memory for every service that it speaks to or serves: half of what EC2's takes.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from botocore.loaders import JSONFileLoader, Loader


class LeanFileLoader(JSONFileLoader):  # type: ignore[misc]  # botocore is not typed
    """Reads a description and leaves out its documentation."""

    def load_file(self, file_path: str) -> Any:
        """The content of `file_path` with .json or .json.gz; None where there is neither."""
        plain, packed = Path(f"{file_path}.json"), Path(f"{file_path}.json.gz")
        if plain.is_file():
            return without_documentation(plain.read_bytes())
        if packed.is_file():
            return without_documentation(gzip.decompress(packed.read_bytes()))
        return None


def without_documentation(text: bytes) -> Any:
    """A JSON document in which each text named `documentation` is empty.

    The name stays, because botocore asks for it; and so does all of a member of a structure that
    has that name.
    """

    def kept(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if isinstance(found.get("documentation"), str):
            found["documentation"] = ""
        return found

    return json.loads(text, object_pairs_hook=kept)


def leave_out_documentation() -> None:
    """Have every loader that botocore makes from here on in this process do so."""
    Loader.FILE_LOADER_CLASS = LeanFileLoader
