"""The benchmarks: `make bench`. Nothing here is a test; what must hold at any speed is in the tests."""
