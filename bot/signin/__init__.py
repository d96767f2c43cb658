"""Signing in: links, the way to Microsoft and back, and approval."""
