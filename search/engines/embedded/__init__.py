"""The engine inside the application: tantivy on the local disk. No other module knows its words."""
