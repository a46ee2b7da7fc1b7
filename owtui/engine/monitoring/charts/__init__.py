"""Charts: which there are, over which time, and their values. No drawing here."""
