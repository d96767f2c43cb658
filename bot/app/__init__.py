"""The front door: the command, the wiring and the processes."""
