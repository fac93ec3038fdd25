"""What the worker does by the clock: one plain function each, safe to run twice."""

import logging

from portal.models.jobs import Lane
from portal.models.spaces import Space
@every(minutes=60)
def keep_terms() -> int:
    """Take away all that has been kept for as long as the page on privacy says."""
    return terms.forget_all()


@every(minutes=5, lane=Lane.MAIL)
def send_digests() -> int:
    """Send the digests that are due."""
    return digests.send_due()


@every(minutes=5)
def publish_scheduled() -> int:
    """Publish and expire the pages whose moment has come."""
    return scheduling.publish_due()


@every(minutes=10)
def back_up() -> bool:
    """Begin the day's copy, where a folder for copies is set."""
    return backup.start_if_due()


@every(minutes=15, lane=Lane.MAIL)
def tell_of_faults() -> int:
    """Ask for the mails on faults of ours that are new."""
    return telling.tell()
