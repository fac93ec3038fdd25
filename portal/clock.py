"""What the worker does by the clock: one plain function each, safe to run twice."""

from django.core.management import call_command

from . import digests, spaces


def settle() -> int:
    """Take away the roles whose time is over."""
    return spaces.settle_lapsed()


def send_digests() -> int:
    """Send the digests that are due."""
    return digests.send_due()


def publish_scheduled() -> None:
    """Publish and expire the pages whose moment has come."""
    call_command("publish_scheduled")
