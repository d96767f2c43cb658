"""What is told at fixed times: the weekly report to the support team, and to on-call each day what
will stop working."""
