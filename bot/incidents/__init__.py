"""Incidents: what on-call is alerted to, told once for each cause, and never forgotten."""
