"""The sinks: ways by which notifications leave, one file each (engine.notifications.sink)."""
