"""Reminders of what waits for somebody."""
