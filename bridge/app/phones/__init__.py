"""The phones of the site: what an admin does to them, and what is known of each."""
