"""Pure rules of a sale: no storage, no screen, no network, no clock."""
