"""The lines of each platform, by rule."""
