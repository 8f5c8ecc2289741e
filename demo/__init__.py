"""A leak and its verdict, shown on a temporary vault with the real command."""
