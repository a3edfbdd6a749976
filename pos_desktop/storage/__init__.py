"""Two SQLite files: facts of this till, and a copy of what the server owns."""
