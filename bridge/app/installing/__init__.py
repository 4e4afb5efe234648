"""Setting up on a machine, and the doctor who looks at the result."""
