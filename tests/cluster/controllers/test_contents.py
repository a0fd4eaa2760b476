import pytest
from hypothesis import given
from hypothesis import strategies as st

from rehearsal.file_systems.contents import POLICIES, Link, changed

from .account import REGION

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


@given(ETAGS, st.sampled_from(sorted(POLICIES)))
def test_everything_is_imported_at_the_first_look_whatever_the_policy(objects, policy):
    found = changed(None, objects, POLICIES[policy])
    assert (found.fetch, found.drop, found.known) == (sorted(objects), [], objects)


@given(ETAGS, ETAGS, st.sampled_from(sorted(POLICIES)))
def test_a_second_look_follows_the_policy_and_a_third_finds_nothing_to_do(known, objects, policy):
    follows = POLICIES[policy]
    found = changed(known, objects, follows)
    new, gone = set(objects) - set(known), set(known) - set(objects)
    other = {key for key in set(known) & set(objects) if known[key] != objects[key]}
    expected = (new if "NEW" in follows else set()) | (other if "CHANGED" in follows else set())
    assert set(found.fetch) == expected
    assert set(found.drop) == (gone if "DELETED" in follows else set())
    again = changed(found.known, objects, follows)
    assert (again.fetch, again.drop) == ([], [])


@pytest.fixture
def linked(account):
    account.bucket("data", sets__digits__train="1,2", sets__digits__test="3,4", other="no")
    return account.lustre(ImportPath="s3://data/sets/", AutoImportPolicy="NEW_CHANGED_DELETED")


def files(folder):
    return {
        str(file.relative_to(folder)): file.read_text()
        for file in folder.rglob("*")
        if file.is_file()
    }


def test_a_linked_file_system_shows_the_objects_under_its_import_path(account, contents, linked):
    folder = contents.materialise(linked["FileSystemId"], REGION)
    assert files(folder) == {"digits/train": "1,2", "digits/test": "3,4"}


def test_a_linked_file_system_follows_its_bucket(account, contents, linked):
    folder = contents.materialise(linked["FileSystemId"], REGION)
    s3 = account.client("s3")
    s3.put_object(Bucket="data", Key="sets/digits/train", Body=b"5,6")
    s3.put_object(Bucket="data", Key="sets/new/train", Body=b"7")
    s3.delete_object(Bucket="data", Key="sets/digits/test")
    contents.refresh(REGION)
    assert files(folder) == {"digits/train": "5,6", "new/train": "7"}


def test_what_a_job_wrote_is_not_overwritten_by_the_next_look(contents, linked):
    folder = contents.materialise(linked["FileSystemId"], REGION)
    (folder / "digits" / "train").write_text("changed by a job")
    contents.refresh(REGION)
    assert (folder / "digits" / "train").read_text() == "changed by a job"


def test_an_object_whose_name_leads_out_of_the_file_system_is_not_imported(
    account, contents, linked
):
    account.client("s3").put_object(Bucket="data", Key="sets/../../escaped", Body=b"x")
    folder = contents.materialise(linked["FileSystemId"], REGION)
    assert not list(folder.parent.parent.glob("**/escaped"))


def test_the_folder_goes_with_its_file_system(account, contents, linked):
    folder = contents.materialise(linked["FileSystemId"], REGION)
    account.client("fsx").delete_file_system(FileSystemId=linked["FileSystemId"])
    for _ in range(5):
        contents.refresh(REGION)
    assert not folder.exists()
    assert contents.present() == []


def test_the_folder_of_an_efs_file_system_stays_while_that_is_there(account, contents):
    system = account.nfs()
    (contents.folder(system) / "kept").write_text("x")
    contents.refresh(REGION)
    assert (contents.folder(system) / "kept").exists()


def test_a_file_system_that_is_not_there_is_named(contents):
    with pytest.raises(LookupError, match="fs-0123456789abcdef0 does not exist in us-west-2"):
        contents.materialise("fs-0123456789abcdef0", REGION)
