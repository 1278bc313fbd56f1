"""Mass of solids and capacity of fields: consistent, or lumped on the diagonal."""
