"""The flags of mount-s3 in a volume's mount options."""

import math

import pytest

from rehearsal.mountpoint.options import Options, OptionsError, parse


def options(*mount_options, read_only=False, fs_group="", cached=False):
    return parse(mount_options, read_only=read_only, fs_group=fs_group, cached=cached)


def test_flags_are_read_with_a_space_or_an_equals_sign_and_with_dashes_or_without():
    found = options("region us-west-2", "--prefix=shared/", "allow-delete", "uid=1000")
    assert found == Options(prefix="shared/", region="us-west-2", allow_delete=True)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("allow-everything", "unexpected argument '--allow-everything'"),
        ("-o ro", "-o is not supported in CSI Driver"),
        ("ca-bundle /x", "ca-bundle is not supported"),
        ("prefix shared", "must end in '/'"),
        ("uid=me", "invalid value 'me' for '--uid'"),
        ("region", "a value is required for '--region'"),
        ("read-only yes", "unexpected value 'yes' for '--read-only'"),
        ("metadata-ttl soon", "invalid value 'soon' for '--metadata-ttl"),
        ("max-cache-size 100", "required arguments were not provided: --cache"),
    ],
)
def test_what_mount_s3_does_not_take_is_refused(given, said):
    with pytest.raises(OptionsError, match=said):
        options(given)


def test_other_users_and_root_alone_exclude_each_other():
    with pytest.raises(OptionsError, match="cannot be used with '--allow-root'"):
        options("allow-other", "allow-root")


def test_a_group_of_the_pod_lets_other_users_in():
    assert options(fs_group="1000").allow_other
    assert not options().allow_other


def test_metadata_is_kept_with_a_cache_and_as_long_as_the_option_says():
    assert options().metadata_seconds == 0
    assert options(cached=True).metadata_seconds == 60
    assert options("cache-xz b--usw2-az1--x-s3").metadata_seconds == 60
    assert options("metadata-ttl 300").metadata_seconds == 300
    assert options("metadata-ttl indefinite").metadata_seconds == math.inf
    assert options("metadata-ttl minimal", cached=True).metadata_seconds == 0


def test_a_volume_for_reading_is_read_only_whatever_its_options_say():
    assert options(read_only=True).read_only
    assert options("read-only").read_only
