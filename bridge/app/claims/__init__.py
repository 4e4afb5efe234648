"""Self-provisioning: users make a phone their own."""
