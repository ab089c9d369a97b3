"""Templates of what customers receive."""
