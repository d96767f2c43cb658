"""The weekly report to the support team."""
