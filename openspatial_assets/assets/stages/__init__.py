"""The stages of the asset graph, declared room by room: what each reads, and how its tables are made and shown."""
