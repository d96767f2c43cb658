"""Who is told of incidents in the practice world: PagerDuty, and a receiver of signed posts."""
