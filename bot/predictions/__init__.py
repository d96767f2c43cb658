"""What will stop working on a known day, told to on-call in time."""
