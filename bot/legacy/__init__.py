"""The old mail accounts: imported, planned and replaced."""
