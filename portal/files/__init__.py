"""Files: uploaded, read, stored, served."""
