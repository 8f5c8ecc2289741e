"""The report of a case: the same words and pictures as one HTML file and as a PDF."""
