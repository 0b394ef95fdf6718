"""What a hub and a server share: to ask before a handler runs, and to obey."""
