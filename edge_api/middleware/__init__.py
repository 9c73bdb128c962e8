"""What every request passes on its way in, outermost first; the order stands in ``edge_api.app``."""
