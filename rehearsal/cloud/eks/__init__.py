"""Amazon EKS."""


def install() -> None:
    """Puts this EKS in place of moto's."""
