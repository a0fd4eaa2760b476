import pytest


@pytest.fixture
def cluster(aws):
    aws.role("nodes", "ec2.amazonaws.com")
    return aws.cluster()
