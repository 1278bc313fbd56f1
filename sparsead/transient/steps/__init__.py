"""Where steps lie: requested times, given or searched sizes, and the controller that chooses them."""
