"""Calls: a call is a recording with one codebook, to which every member's stream adds as they speak."""
