"""What all tests start from."""

import signal

signal.signal(
    signal.SIGHUP, signal.SIG_DFL
)  # whoever starts the tests may ignore it, and children would as well
