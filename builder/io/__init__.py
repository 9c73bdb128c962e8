"""What touches disk, network and terminal; below this only the engine's store does."""
