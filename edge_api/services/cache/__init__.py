"""The response cache: RFC 9111 as pure functions, and what keeps answers in this process and in the fleet."""
