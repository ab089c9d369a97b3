"""The test-suite: a mirror of the house, and scenarios through real sockets."""
