"""The words that people read, and the markup that keeps them harmless."""
