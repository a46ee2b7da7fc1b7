"""The life of alerts: opened, folded under their cause, damped, told, ended."""
