"""Keys at rest: everything secret in the vault is encrypted under its vault key, and that under what people hold."""
