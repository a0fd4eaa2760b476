"""SageMaker's script mode: its XGBoost image runs our training script instead of its own algorithm.

The image takes an archive of the script from S3 and learns of both by hyperparameters, whose
values SageMaker's SDK writes as JSON. It unpacks the archive and runs the program by its module's
name, which is why the program is at the root of the archive and not in a package.
Sources: https://github.com/aws/sagemaker-xgboost-container (training.py)
https://github.com/aws/sagemaker-containers (_env.py, _modules.py, _params.py)
"""

import ast
import gzip
import io
import tarfile
from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from components.training.execution_role import CODE

PROJECT_FOLDER = Path(__file__).resolve().parents[2]
MODULE = "workloads.train"
PROGRAM = "train.py"
PROGRAM_TEXT = f'''"""What SageMaker's XGBoost image runs: {MODULE}."""

import sys

from {MODULE} import main

if __name__ == "__main__":
    sys.exit(main())
'''
LOG_LEVEL = 20
"""INFO, as the SDK sends it."""


class TrainingScriptArgs(TypedDict):
    """Arguments of `TrainingScript`."""

    bucket_name: pulumi.Input[str]
    """Name of the data bucket."""


class TrainingScript(pulumi.ComponentResource):
    """The script at s3://BUCKET/code/DIGEST/sourcedir.tar.gz, with a digest of its content.

    A job that has the address always runs the script that it was created with.
    """

    uri: pulumi.Output[str]
    """Address of the archive, known once it is uploaded."""

    def __init__(
        self, name: str, args: TrainingScriptArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("eks-ml-storage:training:TrainingScript", name, {}, opts)
        packed = archive({PROGRAM: PROGRAM_TEXT.encode(), **source_files(PROJECT_FOLDER, MODULE)})
        key = f"{CODE}/{sha256(packed).hexdigest()[:12]}/sourcedir.tar.gz"
        code = aws.s3.BucketObjectv2(
            f"{name}-code",
            bucket=args["bucket_name"],
            key=key,
            content_base64=b64encode(packed).decode(),
            content_type="application/gzip",
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.uri = pulumi.Output.concat("s3://", code.bucket, "/", code.key)
        self.register_outputs({"uri": self.uri})


def script_parameters(
    own: Mapping[str, pulumi.Input[str]], code: pulumi.Input[str], region: pulumi.Input[str]
) -> dict[str, pulumi.Input[str]]:
    """Return the hyperparameters of a job that runs the script.

    Args:
        own: Hyperparameters of the script, which it gets on its command line.
        code: Address of the archive in S3.
        region: Region of the bucket.
    """
    sagemakers = {
        "sagemaker_program": PROGRAM,
        "sagemaker_submit_directory": code,
        "sagemaker_container_log_level": LOG_LEVEL,
        "sagemaker_region": region,
    }
    return {key: pulumi.Output.json_dumps(value) for key, value in {**own, **sagemakers}.items()}


def source_files(folder: Path, module: str) -> dict[str, bytes]:
    """Return the file of a module and of all it imports of its own package, by their paths.

    Args:
        folder: Folder of the package.
        module: Name of the module, such as workloads.train.
    """
    package = module.partition(".")[0]
    found: dict[str, bytes] = {}
    pending = [module]
    while pending:
        path = _file(folder, pending.pop())
        name = path and path.relative_to(folder).as_posix()
        if path and name and name not in found:
            found[name] = path.read_bytes()
            pending += [
                each for each in _imported(found[name]) if f"{each}.".startswith(f"{package}.")
            ]
    return found


def archive(files: Mapping[str, bytes]) -> bytes:
    """Return a .tar.gz of files, which always has the same bytes for the same files."""
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w", format=tarfile.USTAR_FORMAT) as packed:
        for name, content in sorted(files.items()):
            member = tarfile.TarInfo(name)
            member.size, member.mode = len(content), 0o644
            packed.addfile(member, io.BytesIO(content))
    return gzip.compress(tar.getvalue(), mtime=0)


def _file(folder: Path, module: str) -> Path | None:
    # None for a name that a module defines.
    path = folder.joinpath(*module.split("."))
    return next(
        (each for each in (path.with_suffix(".py"), path / "__init__.py") if each.is_file()), None
    )


def _imported(source: bytes) -> Iterator[str]:
    # Names of modules and of the packages that they are in; some may be names within a module.
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names):
                modules = [each.name for each in names]
            case ast.ImportFrom(str(module), names, 0):
                modules = [f"{module}.{each.name}" for each in names]
            case _:
                continue
        for module in modules:
            parts = module.split(".")
            yield from (".".join(parts[: n + 1]) for n in range(len(parts)))
