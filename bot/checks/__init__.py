"""Connection tests, their results, and the fixes that people report."""
