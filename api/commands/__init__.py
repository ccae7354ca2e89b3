"""The commands of `wangge …`, one file per word; each adds its parsers and runs with the settings."""
