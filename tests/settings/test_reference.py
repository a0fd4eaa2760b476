"""The reference of the stack file, docs/configuration.md."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel, Field, TypeAdapter, create_model

from components.spec.errors import ConfigError
from components.spec.model import Spec
from settings import reference
from settings.keys import keys as config_keys
from settings.rule_index import rules
from settings.stack import StackConfig

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = reference.FILE.read_text(encoding="utf-8")


def sections(annotation: Any) -> list[type[BaseModel]]:
    """The models in an annotation: itself, or those it is composed of."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [one for part in get_args(annotation) for one in sections(part)]


def step(annotation: Any) -> str:
    """Return the mark by which the reference writes a step into a list or map of sections."""
    text = str(annotation)
    return ".NAME" if text.startswith("dict") else ".N" if text.startswith("tuple") else ""


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """Every key of a model, by pydantic's fields, where the generator reads the schema."""
    for field in model.model_fields.values():
        key = f"{prefix}{field.alias}"
        yield key
        for section in sections(field.annotation):
            yield from keys(section, f"{key}{step(field.annotation)}.")


def entry(key: str, text: str = PUBLISHED) -> str:
    """Return the entry of a key in the reference."""
    found = re.search(rf'<a id="{re.escape(key)}"></a>\n\n(.*?)(?=\n<a id=|\Z)', text, re.DOTALL)
    assert found, f"{key} is not in the reference"
    return found[1]


def test_it_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert reference.main(["--check"]) == 0, capsys.readouterr().err


def test_the_check_fails_when_it_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reference, "FILE", tmp_path / "configuration.md")
    assert reference.main(["--check"]) == 1
    assert "python -m settings.reference" in capsys.readouterr().err
    assert reference.main([]) == 0
    assert reference.main(["--check"]) == 0


def test_every_key_of_the_models_has_an_entry_with_type_default_and_help() -> None:
    for key in keys(StackConfig):
        text = entry(key)
        assert "- Type: " in text, key
        assert "- Default: " in text or "- Required" in text, key
        assert text.split("\n\n")[1].strip(), key


def test_it_has_no_entry_for_a_key_that_no_model_has() -> None:
    anchors = re.findall(r'<a id="(.*?)"></a>', PUBLISHED)
    assert sorted(anchors) == sorted({*keys(StackConfig)})


def test_each_link_of_the_table_of_contents_leads_to_a_key() -> None:
    targets = re.findall(r"\]\(#(.*?)\)", PUBLISHED)
    assert targets
    assert {*targets} <= {*re.findall(r'<a id="(.*?)"></a>', PUBLISHED)}


def test_a_number_has_its_default_unit_and_limits() -> None:
    text = entry("nodeGroups.NAME.diskSizeGib")
    assert "- Type: integer, in GiB" in text
    assert "- Default: `50`" in text
    assert "- Limits: 20 to 16384" in text


def test_a_closed_set_names_its_values() -> None:
    assert "- Values: `none`, `single`, `perZone`" in entry("network.nat")


def test_a_list_of_a_closed_set_names_the_values_of_its_items() -> None:
    text = entry("cluster.logTypes")
    assert "- Type: list of strings" in text
    assert "- Values: `api`, `audit`, " in text


def test_a_key_that_is_required_says_so() -> None:
    assert "- Required" in entry("nodeGroups.NAME.instanceTypes")


def test_a_key_that_a_shipped_stack_file_sets_has_its_example_from_there() -> None:
    assert "instanceTypes: [m6i.large]" in entry("nodeGroups.NAME.instanceTypes")


def test_a_rule_stands_at_the_key_it_is_about() -> None:
    rule = "- Rule: must be one of network.zones: the file system lies in a subnet of the VPC"
    assert rule in entry("storage.fsx.zone")
    assert rule not in entry("network.zones")


def test_a_rule_over_every_item_of_a_map_stands_at_the_key_of_one() -> None:
    assert "- Rule: must be at least maxRuntimeSeconds" in entry(
        "training.jobs.NAME.maxWaitSeconds"
    )


def test_a_rule_over_the_items_of_a_list_stands_at_the_list() -> None:
    assert "- Rule: must be named once" in entry("network.zones")


def test_a_rule_over_several_sections_stands_at_the_key_of_each() -> None:
    for section in ("checkpoints", "distributedDataset"):
        assert "- Rule: must be one of datasets" in entry(f"patterns.{section}.dataset")


def test_a_rule_of_a_shared_function_stands_at_each_key_that_it_is_called_for() -> None:
    for section in ("bucket", "storage.fsx", "storage.efs"):
        assert "- Rule: must be the ARN of a KMS key" in entry(f"{section}.kmsKeyArn")


def test_a_number_of_a_rule_is_written_and_a_value_of_the_config_is_not() -> None:
    assert "- Rule: must have at most 40 networks" in entry("cluster.publicAccessCidrs")
    assert "from minSize to maxSize: … to …" in entry("nodeGroups.NAME.desiredSize")


def test_each_sentence_of_a_rule_with_two_branches_is_there() -> None:
    text = " ".join(entry("storage.fsx.storageCapacityGib").split())
    assert "must be 1200 GiB or a multiple of … for SSD" in text
    assert "must be a multiple of … GiB for HDD at … MB/s per TiB" in text


def test_a_rule_that_only_warns_is_called_a_warning() -> None:
    text = " ".join(entry("training.jobs.NAME.spot").split())
    assert "- Warning: without checkpoints, a job whose capacity is taken back begins anew" in text


def test_every_rule_that_is_read_stands_at_a_key_unless_it_is_about_another_namespace() -> None:
    lines = " ".join(PUBLISHED.split())
    without = {one.path[0] for one in rules("settings") if f": {one.says}" not in lines}
    assert {one for one in without if ":" not in one} == set()
    assert "aws:region" in without


class HostSpec(Spec):
    """A host, whose rule is read from its spec."""

    port: int = 80
    """Port of the host."""

    def own_problems(self) -> Iterator[ConfigError]:
        """Yield the broken rules of the host."""
        yield from _port(self)


class HostsConfig(Spec):
    """Hosts by name."""

    port: int = 80
    """Port of another kind."""

    hosts: dict[str, HostSpec] = Field(default_factory=dict)
    """Hosts by name."""

    spare: HostSpec | None = None
    """Host that takes over."""


def _port(spec: HostSpec) -> Iterator[ConfigError]:
    if spec.port == 0:
        yield ConfigError(("port",), "must not be 0", spec.port, "set 80")


def test_a_rule_of_a_spec_stands_at_the_key_wherever_the_spec_is_used() -> None:
    (rule,) = rules(__name__.rpartition(".")[0])
    assert rule.says == "must not be 0"
    about = [one.path for one in config_keys(HostsConfig) if rule.is_about(one)]
    assert about == ["hosts.NAME.port", "spare.port"]


def test_an_example_of_a_field_is_preferred_to_its_default() -> None:
    model = model_with(size=(int, Field(default=1, description="Size.", examples=[7])))
    assert "- Example: `size: 7`" in entry("size", reference.rendered(model))


def test_a_key_without_help_is_refused_by_name() -> None:
    model = model_with(size=(int, 1))
    with pytest.raises(reference.NoHelpError, match="size has no help"):
        reference.rendered(model)


def model_with(**fields: Any) -> type[BaseModel]:
    """A config of those fields alone."""
    made: type[BaseModel] = create_model("Made", **fields)
    return made


def test_a_stack_file_of_a_users_own_gives_no_example(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in reference.SHIPPED_STACKS:
        shutil.copy(ROOT / f"Pulumi.{name}.yaml", tmp_path)
    own = (tmp_path / "Pulumi.dev.yaml").read_text().replace("m6i.large", "g5.2xlarge")
    (tmp_path / "Pulumi.bench.yaml").write_text(own)
    monkeypatch.setattr(reference, "ROOT", tmp_path)
    reference._stack_files.cache_clear()
    try:
        assert reference.rendered() == PUBLISHED
    finally:
        reference._stack_files.cache_clear()


def test_every_key_that_holds_no_section_has_an_example() -> None:
    without = [
        one.path
        for one in config_keys(StackConfig)
        if not one.section and "- Example:" not in entry(one.path.replace("[N]", ".N"))
    ]
    assert without == []


def test_every_example_of_a_field_is_a_value_that_the_field_takes() -> None:
    found = 0
    for model in models(StackConfig):
        for name, field in model.model_fields.items():
            for example in field.examples or ():
                TypeAdapter(model.model_fields[name].annotation).validate_python(example)
                found += 1
    assert found > 20, "else the models were not searched"


def models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Yield a model and all models in its fields."""
    yield model
    for field in model.model_fields.values():
        for one in sections(field.annotation):
            yield from models(one)
