"""HTTP in, HTTP out: each endpoint reads a request, asks one service, and writes an answer. Never SQL."""
