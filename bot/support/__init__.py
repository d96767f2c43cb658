"""Requests for help, and who may do what."""
