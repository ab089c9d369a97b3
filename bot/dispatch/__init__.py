"""The engine: claim, recheck, hand off, settle. What goes out, goes out once."""
