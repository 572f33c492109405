"""The devices at the desks: who they are, and how they are."""
