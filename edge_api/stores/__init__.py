"""What the edge remembers: SQL, visible as SQL; and what an instance keeps in memory. Never HTTP."""
