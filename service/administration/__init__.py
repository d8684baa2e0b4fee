"""*Quản trị*: units and their people, substitution, yearly assignments, index sets; who changed what."""
