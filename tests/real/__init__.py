"""Tests against the real servers that the practice world stands in for."""
