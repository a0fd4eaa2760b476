"""Models that no job of the stack makes are found where they are declared."""

from pathlib import Path

from components.bucket import Bucket
from components.bucket_spec import BucketSpec
from components.data_source_spec import S3Prefix
from components.patterns.stored_models import StoredModel, stored_models
from components.prefix_dataset import PrefixDataset
from components.prefix_listing import PrefixListing
from tests.mocks import Deployment, deploy, names


def theirs(manifest: str | None = None) -> PrefixDataset:
    place = S3Prefix("theirs", "models/ranking/")
    return PrefixDataset("ranking", place, PrefixListing("1a2b3c4d5e6f"), {}, manifest)


def stored(
    folder: Path, found: dict[str, StoredModel], prefix: PrefixDataset | None = None
) -> Deployment:
    def program() -> None:
        spec, paths = BucketSpec(existing="ours"), {"own": [str(folder)]}
        bucket = Bucket("data", {"spec": spec, "models": paths})
        found.update(stored_models(bucket, {"ranking": prefix or theirs()}))

    return deploy(program)


def test_files_of_a_folder_are_uploaded_by_their_content(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes(b"\x00weights")
    (tmp_path / "vocabulary.txt").write_text("words")
    (tmp_path / ".notes").write_text("not of the model")
    found: dict[str, StoredModel] = {}
    made = stored(tmp_path, found)
    uploads = made.of_type(":BucketObjectv2")
    place = f"model-files/own/{found['own'].version}"
    assert sorted(one.inputs["key"] for one in uploads) == [
        f"{place}/model",
        f"{place}/vocabulary.txt",
    ]
    types = {one.inputs["key"].rpartition("/")[2]: one.inputs["contentType"] for one in uploads}
    assert types == {"model": "application/octet-stream", "vocabulary.txt": "text/csv"}
    assert names(made.of_type(":LocalModel")) == ["data-model-own"]
    (tmp_path / "model").write_bytes(b"\x00WEIGHTS")
    stored(tmp_path, again := {})
    assert again["own"].version != found["own"].version


def test_a_copy_of_a_prefix_must_find_what_the_stack_listed(tmp_path: Path) -> None:
    found: dict[str, StoredModel] = {}
    stored(tmp_path, found)
    assert found["ranking"].uri == "s3://theirs/models/ranking/"
    assert found["ranking"].listing == found["ranking"].version == "1a2b3c4d5e6f"
    stored(tmp_path, found, theirs("models/manifest.json"))
    assert found["ranking"].listing == "", "its digest is that of the manifest"
