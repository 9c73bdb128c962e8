"""Measures Coursewright: one command per number that the README quotes, peers beside it in the same run."""
