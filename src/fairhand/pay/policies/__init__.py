"""What a project pays by: policies with versions, what comes on top of time, hours and bookings."""
