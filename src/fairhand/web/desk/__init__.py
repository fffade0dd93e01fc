"""The contributor's desk: home and task page."""
