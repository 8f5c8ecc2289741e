"""The confidential call: who is in it, whose keys they hold, and how sealed sound reaches them."""
