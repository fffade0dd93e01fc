"""Whether assistance helps: minutes with and without, bias, the learning curve, when to stop."""
