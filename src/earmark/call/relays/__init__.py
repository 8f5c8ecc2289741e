"""What passes sealed sound from one browser to the others, and hears nothing of it."""
