"""The edge API: who you are, what you have finished, who leads."""
