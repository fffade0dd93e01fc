"""Making people unrecognisable before anybody else sees them; always pseudonymisation."""
