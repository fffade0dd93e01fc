"""What all screens share: layout, design tokens, charts."""
