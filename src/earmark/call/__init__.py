"""Live calls: who may enter, what they agree on, and which keys each of them is dealt. No sound passes here."""
