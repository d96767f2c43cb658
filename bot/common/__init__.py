"""What every room needs: time, people, refusals, IDs, redaction, logs and audit."""
