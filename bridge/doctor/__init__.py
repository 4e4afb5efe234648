"""What can be wrong with an installation: facts in, findings out."""
