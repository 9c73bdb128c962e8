"""The edge API: sessions, progress and the leaderboard."""
