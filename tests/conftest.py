"""What all tests start from."""

import signal

# Whoever starts the tests may ignore these, and children would as well.
signal.signal(signal.SIGHUP, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)
