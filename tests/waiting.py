"""Waiting for what another process does."""

import time


def wait_for(found, most=600):
    """What a function finds, as soon as it is true; after so many seconds the test has failed."""
    began = time.monotonic()
    while not (value := found()):
        assert time.monotonic() - began < most
        time.sleep(0.05)
    return value
