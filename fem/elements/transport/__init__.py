"""Heat and transport: diffusion, advection, and exchange through the boundary."""
