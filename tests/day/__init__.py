"""A working day at the till, through the real window, with the power and the network failing in the middle of it."""
