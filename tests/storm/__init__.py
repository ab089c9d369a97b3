"""The storm: workers killed, frozen and cut off at random while they send, and every Message-ID counted."""
