"""What was given to whom: lists of listeners, the vault, sealed originals."""
