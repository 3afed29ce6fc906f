"""Shop API sample package."""
