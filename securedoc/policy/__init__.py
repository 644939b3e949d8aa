"""Policy packs, and the questions they answer."""
