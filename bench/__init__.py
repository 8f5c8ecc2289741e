"""What is measured, and the tables it prints."""
