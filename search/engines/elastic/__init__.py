"""A server of its own for networks that outgrow one machine: Elasticsearch 8."""
