"""Those whom contributors elect, and what takes effect only with their signature."""
