"""Device traffic: what reaches the centre from the desks, witnessed before it is counted."""
