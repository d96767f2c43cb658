"""Folder mapping, and mapped folders that change."""
