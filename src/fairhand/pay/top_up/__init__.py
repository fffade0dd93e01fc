"""The individual top-up: nobody's pay period ends below the floor."""
