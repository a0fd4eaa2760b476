from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.file_systems.links import POLICIES, Link, changed, links

ETAGS = st.dictionaries(st.sampled_from("abcde"), st.sampled_from(["1", "2"]))


@pytest.mark.parametrize(
    ("path", "bucket", "prefix"),
    [
        ("s3://b", "b", ""),
        ("s3://b/", "b", ""),
        ("s3://b/datasets", "b", "datasets/"),
        ("s3://b/data/sets/", "b", "data/sets/"),
    ],
)
def test_a_link_is_a_bucket_and_a_whole_folder_of_it(path, bucket, prefix):
    link = Link.of(path, "/ns1", frozenset())
    assert (link.bucket, link.prefix, link.folder) == (bucket, prefix, "ns1")


class NoAssociations:
    """A client of FSx that has none."""

    def client(self, *_):
        return self

    def describe_data_repository_associations(self, **_):
        return {"Associations": []}


def test_a_link_whose_notification_somebody_took_away_follows_nothing():
    data = {"ImportPath": "s3://b/data/", "AutoImportPolicy": "NEW_CHANGED"}
    system = {"FileSystemId": "fs-1", "CreationTime": datetime(2026, 1, 1, tzinfo=UTC)}

    def follows(lifecycle):
        told = {"DataRepositoryConfiguration": {**data, "Lifecycle": lifecycle}}
        (link,) = links(NoAssociations(), {**system, "LustreConfiguration": told}, "us-west-2")
        return link.follows

    assert follows("AVAILABLE") == {"NEW", "CHANGED"}
    assert follows("MISCONFIGURED") == frozenset()


@given(ETAGS, st.sampled_from(sorted(POLICIES)))
def test_everything_is_imported_at_the_first_look_whatever_the_policy(objects, policy):
    found = changed(None, objects, POLICIES[policy])
    assert (found.fetch, found.drop) == (sorted(objects), [])


@given(ETAGS, ETAGS, st.sampled_from(sorted(POLICIES)))
def test_a_second_look_follows_the_policy_and_a_third_finds_nothing_to_do(known, objects, policy):
    follows = POLICIES[policy]
    found = changed(known, objects, follows)
    new, gone = set(objects) - set(known), set(known) - set(objects)
    other = {key for key in set(known) & set(objects) if known[key] != objects[key]}
    expected = (new if "NEW" in follows else set()) | (other if "CHANGED" in follows else set())
    assert set(found.fetch) == expected
    assert set(found.drop) == (gone if "DELETED" in follows else set())
    seen = {key: etag for key, etag in known.items() if key not in found.drop}
    again = changed(seen | {key: objects[key] for key in found.fetch}, objects, follows)
    assert (again.fetch, again.drop) == ([], [])


@pytest.mark.parametrize("name", ["", "a//b", "../b", "a/./b", "/", "a" * 256])
def test_a_key_that_is_no_path_shows_as_no_file(name):
    assert Link.of("s3://b/sets", "", frozenset()).path(f"sets/{name}") is None


@given(st.from_regex(r"[a-c]{1,3}(/[a-c]{1,3}){0,2}", fullmatch=True))
def test_a_file_is_exported_to_the_key_it_would_be_imported_from(path):
    link = Link.of("s3://b/sets", "/ns/one", frozenset(), export_prefix="sets/")
    assert link.key(link.path(f"sets/{path}")) == f"sets/{path}"
    assert link.holds(link.path(f"sets/{path}"))


def test_a_link_told_to_another_process_exports_alike():
    link = Link.of("s3://b/sets", "/ns", frozenset(), export_bucket="c", export_prefix="out/")
    assert Link.from_json(link.to_json()) == link
