"""The shared kernel: what the desk and the centre must agree on. Tables, wire, vocabulary; no verbs."""
