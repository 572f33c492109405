"""What every page of the centre shares: layout, forms, errors, security headers, the figures a request asks for."""
