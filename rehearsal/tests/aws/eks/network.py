"""Network of the emulated account, as EKS has filled it."""


def interfaces(aws):
    """Return the network interfaces of the account."""
    return aws.ec2.describe_network_interfaces()["NetworkInterfaces"]
