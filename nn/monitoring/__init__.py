"""What happens inside a model while it is trained."""
