"""What a server said, and what it means."""
