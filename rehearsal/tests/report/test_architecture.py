from itertools import combinations

from rehearsal.report.architecture import WIDTH, Box, draw
from rehearsal.report.graph import Graph
from tests.report.samples import (
    BUCKET,
    DEPLOYMENT,
    LUSTRE,
    NETWORK,
    STORAGE,
    TRAINING,
    VPC,
    resource,
    urn,
)


def boxes(deployment: dict) -> dict[str, Box]:
    return {box.name: box for box in draw(Graph.of(deployment)).boxes}


def test_each_outermost_component_is_one_box_whatever_is_inside_it() -> None:
    assert set(boxes(DEPLOYMENT)) == {"network", "data", "storage", "training"}


def test_what_a_component_waits_for_stands_left_of_it() -> None:
    found = boxes(DEPLOYMENT)
    assert found["network"].x < found["storage"].x < found["training"].x
    assert found["data"].x < found["storage"].x


def test_a_wire_that_follows_from_others_is_left_out() -> None:
    graph = Graph.of(DEPLOYMENT)
    assert (urn(BUCKET), urn(TRAINING)) in graph.edges, "the job reads its bucket's name"
    assert len(draw(graph).wires) == 3, "but the bucket reaches it through the file system"


def test_a_box_says_what_the_component_is_made_of_and_by_what_name_it_is_known() -> None:
    found = boxes(DEPLOYMENT)
    assert found["data"].lines == ["data-1234", "Bucket"]
    assert found["storage"].lines == ["id-of-fs", "LustreFileSystem"]


def test_of_many_kinds_the_rest_is_counted() -> None:
    many = [resource(f"aws:x/y:Kind{n}", f"n{n}", urn(NETWORK)) for n in range(9)]
    lines = boxes({"resources": [*DEPLOYMENT["resources"], *many]})["network"].lines
    assert lines[-1] == "and 7 kinds more", "nine kinds and the VPC, of which three are told"


def test_boxes_do_not_overlap_and_are_inside_the_picture() -> None:
    picture = draw(Graph.of(DEPLOYMENT))
    for one, other in combinations(picture.boxes, 2):
        beside = abs(one.x - other.x) >= WIDTH
        above = one.y + one.height <= other.y or other.y + other.height <= one.y
        assert beside or above, f"{one.name} overlaps {other.name}"
    assert all(0 <= box.y <= box.y + box.height <= picture.height for box in picture.boxes)


def test_two_components_that_wait_for_parts_of_each_other_can_be_drawn() -> None:
    rule = resource("aws:ec2/rule:Rule", "rule", urn(NETWORK), urn(LUSTRE))
    found = boxes({"resources": [*DEPLOYMENT["resources"], rule]})
    assert found["network"].x < found["storage"].x, "the one that is made first stands first"


def test_a_property_that_refers_to_a_resource_is_a_dependency() -> None:
    by_property = {"propertyDependencies": {"vpcId": [urn(VPC)], "name": None}}
    policy = resource("aws:s3/policy:Policy", "policy", urn(BUCKET)) | by_property
    graph = Graph.of({"resources": [*DEPLOYMENT["resources"], policy]})
    assert (urn(NETWORK), urn(BUCKET)) in graph.edges


def test_a_stack_with_nothing_in_it_is_an_empty_picture() -> None:
    assert draw(Graph.of({"resources": []})).boxes == []
    assert urn(STORAGE) not in Graph.of({}).parts
