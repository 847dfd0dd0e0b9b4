"""Pages that need nothing from the network, and the player in them."""
