"""What the edge remembers in SQL, visible as SQL; shares through Redis; and keeps in memory. Never HTTP."""
