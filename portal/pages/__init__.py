"""Pages: written, cited, compared, approved, published, kept."""
