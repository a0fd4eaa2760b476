"""The emulated AWS, by boto3 calls to a server in this process."""
