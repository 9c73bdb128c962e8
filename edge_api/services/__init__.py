"""What the edge decides: sessions, the ledger, boards, accounts. Stores are handed in; HTTP is unknown here."""
