"""The shapes of what comes in and goes out: bodies by their nouns, and the builder's catalogue and awards.

tests/contract/ holds the same shapes as JSON Schemas; the OpenAPI document is made from these. Unknown fields of a
request are ignored: a learner's browser may be a release ahead, and nothing here is ever assigned by name.
"""
