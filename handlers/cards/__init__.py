"""Every Block Kit builder: pure functions from domain values and an audience to messages and
views."""
