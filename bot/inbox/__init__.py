"""What comes back from customers: read, matched to who wrote it, and kept."""
