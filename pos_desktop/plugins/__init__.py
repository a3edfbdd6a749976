"""Plugin hooks and the plugins that come with the till."""
